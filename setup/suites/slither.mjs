/**
 * Prepares what is missing, then looks for known kinds of faults in the contracts (docs/formal.md):
 *
 *     npm run slither
 */
import { prepare, root, runMain } from '../prepare.mjs';
import { runInForeground } from '../process.mjs';
import { runSource } from '../sources.mjs';

await runMain(async () => {
  const { node, env } = await prepare();
  return runInForeground(node, runSource(root, 'test/formal/slither.ts'), {
    cwd: root,
    env,
  });
});
