/**
 * Prepares what is missing, then has the API server of Kubernetes admit every object of every overlay:
 *
 *     npm run test:admission
 */
import { prepare, root, runMain } from '../prepare.mjs';
import { runInForeground } from '../process.mjs';
import { runSource } from '../sources.mjs';

await runMain(async () => {
  const { node, env } = await prepare();
  return runInForeground(node, runSource(root, 'test/cluster/admission.ts'), { cwd: root, env });
});
