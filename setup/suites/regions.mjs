/**
 * Prepares what is missing, then runs a network whose operators are in three regions, on namespaces of this machine:
 *
 *     npm run test:regions
 *     npm run test:regions -- --delay-ms 40 --loss 0
 */
import { prepare, root, runMain } from '../prepare.mjs';
import { runInForeground } from '../process.mjs';
import { runSource } from '../sources.mjs';

await runMain(async () => {
  const { node, env } = await prepare();
  return runInForeground(node, [...runSource(root, 'test/regions/main.ts'), ...process.argv.slice(2)], {
    cwd: root,
    env,
  });
});
