/**
 * The whole chaos run: `npm run test:chaos -- [--faults 1000] [--seed text] [--epoch-seconds 180] [--logs folder]
 * [--record folder]`. Exits with code 1 if an invariant does not hold.
 */
import { parseArgs } from 'node:util';
import { runChaos } from './chaos-run.ts';

const { values } = parseArgs({
  options: {
    faults: { type: 'string', default: '1000' },
    seed: { type: 'string', default: `${Date.now()}` },
    'epoch-seconds': { type: 'string', default: '180' },
    logs: { type: 'string' },
    record: { type: 'string' },
  },
});
const plan = {
  seed: values.seed,
  faults: Number(values.faults),
  everyMs: 250,
  patienceMs: 300_000,
  epochSeconds: Number(values['epoch-seconds']),
  ...(values.logs && { logDir: values.logs }),
  ...(values.record && { recordDir: values.record }),
};
process.stdout.write(`chaos: seed ${plan.seed}, ${plan.faults} faults\n`);
const result = await runChaos({ ...plan, onProgress: (line) => process.stdout.write(`${line}\n`) });
const { stuck, lost, doubled, faults, reportsOfEpoch } = result;
for (const [kind, counts] of Object.entries(faults)) {
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const each = Object.entries(counts).map(([name, count]) => `${name} ${count}`);
  process.stdout.write(`${kind}: ${all} (${each.join(', ')})\n`);
}
process.stdout.write(`reports of each epoch: ${JSON.stringify(reportsOfEpoch)}\n`);
for (const line of [...stuck, ...lost, ...doubled]) process.stdout.write(`${line}\n`);
process.stdout.write(
  `seed ${result.seed}: ${plan.faults} faults, ${result.tasks} tasks in ${result.batches} batches, ${result.seconds.toFixed(0)} s: ` +
    `${stuck.length} stuck, ${lost.length} lost, ${doubled.length} doubled, calm after ${result.calmSeconds.toFixed(0)} s\n`,
);
process.exitCode = stuck.length + lost.length + doubled.length === 0 ? 0 : 1;
