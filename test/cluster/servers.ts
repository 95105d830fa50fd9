/** Builds servers from their Go modules, once, and runs the tests on them: `npm run test:servers`. */
import { root, run, step } from '../containers/run.ts';
import { hasGo, isBuilt } from './modules.ts';
import { buildPrograms, type Program } from './programs.ts';

const vitest = `${root}node_modules/vitest/vitest.mjs`;
const suites: readonly { readonly program: Program; readonly test: string; readonly what: string }[] = [
  { program: 'ipfs', test: 'test/integration/kubo-node.test.ts', what: 'content on two nodes of IPFS' },
  { program: 'collector', test: 'test/deploy/collector.test.ts', what: 'logs through a collector' },
];

if (!suites.every(({ program }) => isBuilt(program)) && !(await hasGo())) {
  process.stdout.write('Skipped test:servers. It builds Kubo and a collector: install Go.\n');
} else {
  await buildPrograms(suites.map(({ program }) => program));
  const env = { TEST_SCOPE: 'whole', NO_COLOR: '1' };
  for (const { test, what } of suites)
    await step(what, async () => void (await run(process.execPath, [vitest, 'run', test], { env })));
}
