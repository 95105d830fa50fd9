/**
 * Builds the API server of Kubernetes and etcd from Go modules, once, and has them admit every object of every overlay:
 * `npm run test:admission`.
 */
import { root, run, step } from '../containers/run.ts';
import { buildPrograms, whyNotBuilt } from './modules.ts';

const vitest = `${root}node_modules/vitest/vitest.mjs`;
const test = 'test/deploy/admission.test.ts';

const why = await whyNotBuilt();
if (why !== undefined) {
  process.stdout.write(`Skipped test:admission. ${why}\n`);
} else {
  await buildPrograms();
  const env = { TEST_SCOPE: 'whole', NO_COLOR: '1' };
  await step(
    'every overlay is admitted',
    async () => void (await run(process.execPath, [vitest, 'run', test], { env })),
  );
}
