/**
 * Prepares what is missing, then runs the tests on real servers that no package brings: Kubo (IPFS) and an OpenTelemetry
 * collector, built from their Go modules once:
 *
 *     npm run test:servers
 */
import { prepare, root, runMain } from '../prepare.mjs';
import { runInForeground } from '../process.mjs';
import { runSource } from '../sources.mjs';

await runMain(async () => {
  const { node, env } = await prepare();
  return runInForeground(node, runSource(root, 'test/cluster/servers.ts'), { cwd: root, env });
});
