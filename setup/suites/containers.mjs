/**
 * Prepares what is missing, then runs the installation by containers:
 *
 *     npm run test:containers
 *     npm run test:containers -- --keep
 */
import { prepare, root, runMain } from '../prepare.mjs';
import { runInForeground } from '../process.mjs';
import { runSource } from '../sources.mjs';

await runMain(async () => {
  const { node, env } = await prepare();
  return runInForeground(node, [...runSource(root, 'test/containers/main.ts'), ...process.argv.slice(2)], {
    cwd: root,
    env,
  });
});
