/**
 * Everything that `npm test` has, with every case of the long tests, and then the whole chaos run:
 *
 *     npm run test:nightly
 */
import { join } from 'node:path';
import { root, runMain } from '../prepare.mjs';
import { runInForeground } from '../process.mjs';

const env = { ...process.env, TEST_SCOPE: 'whole', RECOVERY_BATCHES: process.env.RECOVERY_BATCHES ?? '1000' };

await runMain(async () => {
  for (const script of ['setup/test.mjs', 'setup/suites/chaos.mjs']) {
    const code = await runInForeground(process.execPath, [join(root, script)], { cwd: root, env });
    if (code !== 0) return code;
  }
  return 0;
});
