/**
 * The whole chaos run: `npm run test:chaos -- [--faults 1000] [--seed text] [--logs folder]`. Exits with code 1 if an
 * invariant does not hold.
 */
import { parseArgs } from 'node:util';
import { runChaos } from './chaos-run.ts';

const { values } = parseArgs({
  options: {
    faults: { type: 'string', default: '1000' },
    seed: { type: 'string', default: `${Date.now()}` },
    logs: { type: 'string' },
  },
});
const plan = {
  seed: values.seed,
  faults: Number(values.faults),
  everyMs: 250,
  patienceMs: 300_000,
  ...(values.logs && { logDir: values.logs }),
};
process.stdout.write(`chaos: seed ${plan.seed}, ${plan.faults} faults\n`);
const result = await runChaos({ ...plan, onProgress: (line) => process.stdout.write(`${line}\n`) });
process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
process.stdout.write(
  `seed ${result.seed}: ${plan.faults} faults, ${result.tasks} tasks in ${result.batches} batches, ${result.seconds.toFixed(0)} s: ` +
    `${result.stuck.length} stuck, ${result.lost.length} lost, ${result.doubled.length} doubled\n`,
);
process.exitCode = result.stuck.length + result.lost.length + result.doubled.length === 0 ? 0 : 1;
