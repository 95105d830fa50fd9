/**
 * Prepares what is missing, then runs the `assay` command from its sources:
 *
 *     npm run demo
 *     npm run assay -- validate tasks.jsonl
 */
import { prepare, root, runMain } from './prepare.mjs';
import { runInForeground } from './process.mjs';
import { runSource } from './sources.mjs';

await runMain(async () => {
  const { node, env } = await prepare();
  const startFolder = process.env.INIT_CWD ?? process.cwd();
  const args = [...runSource(root, 'packages/cli/src/main.ts'), ...process.argv.slice(2)];
  return runInForeground(node, args, { cwd: startFolder, env });
});
