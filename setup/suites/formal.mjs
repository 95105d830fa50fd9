/**
 * Prepares what is missing, then proves the properties of the contracts within their bounds (docs/formal.md):
 *
 *     npm run formal
 *     npm run formal -- --mutants
 */
import { prepare, root, runMain } from '../prepare.mjs';
import { runInForeground } from '../process.mjs';
import { runSource } from '../sources.mjs';

await runMain(async () => {
  const { node, env } = await prepare();
  return runInForeground(node, [...runSource(root, 'test/formal/main.ts'), ...process.argv.slice(2)], {
    cwd: root,
    env,
  });
});
