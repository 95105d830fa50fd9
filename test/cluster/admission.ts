/**
 * Builds the API server of Kubernetes and etcd from Go modules, once, and has them admit every object of every overlay:
 * `npm run test:admission`.
 */
import { existsSync } from 'node:fs';
import { root, run, step } from '../containers/run.ts';
import { bringDefinitions, definitions } from './definitions.ts';
import { hasGo, isBuilt } from './modules.ts';
import { admissionPrograms, buildPrograms } from './programs.ts';

const vitest = `${root}node_modules/vitest/vitest.mjs`;
const test = 'test/deploy/admission.test.ts';

const isThere = admissionPrograms.every(isBuilt) && existsSync(definitions);
if (!isThere && !(await hasGo())) {
  process.stdout.write('Skipped test:admission. It builds the API server of Kubernetes: install Go.\n');
} else {
  await bringDefinitions();
  await buildPrograms(admissionPrograms);
  const env = { TEST_SCOPE: 'whole', NO_COLOR: '1' };
  await step(
    'every overlay is admitted',
    async () => void (await run(process.execPath, [vitest, 'run', test], { env })),
  );
}
