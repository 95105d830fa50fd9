/**
 * Prepares what is missing, then injects faults into a network of real processes and checks that nothing is stuck, lost
 * or doubled. The same seed draws the same faults:
 *
 *     npm run test:chaos
 *     npm run test:chaos -- --faults 200 --seed 7
 */
import { prepare, root, runMain } from '../prepare.mjs';
import { runInForeground } from '../process.mjs';
import { runSource } from '../sources.mjs';

await runMain(async () => {
  const { node, env } = await prepare();
  return runInForeground(node, [...runSource(root, 'test/chaos/main.ts'), ...process.argv.slice(2)], {
    cwd: root,
    env,
  });
});
