/**
 * Prepares what is missing, then runs the trial on a real Kubernetes node:
 *
 *     npm run test:cluster
 *     KUBECONFIG=… npm run test:cluster
 */
import { prepare, root, runMain } from '../prepare.mjs';
import { runInForeground } from '../process.mjs';
import { runSource } from '../sources.mjs';

await runMain(async () => {
  const { node, env } = await prepare();
  return runInForeground(node, [...runSource(root, 'test/cluster/main.ts'), ...process.argv.slice(2)], {
    cwd: root,
    env,
  });
});
