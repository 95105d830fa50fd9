/**
 * Prepares what is missing, then runs the `assay` command from its sources:
 *
 *     npm run demo
 *     npm run assay -- validate tasks.jsonl
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { binaryOf, environmentWith, findNode } from './node-version.mjs';
import { prepare, root, runMain } from './prepare.mjs';
import { runInForeground } from './process.mjs';
import { runSource } from './sources.mjs';

const words = process.argv.slice(2);

await runMain(async () => {
  const { node, env } = readyForHelp() ?? (await prepare());
  const startFolder = process.env.INIT_CWD ?? process.cwd();
  const args = [...runSource(root, 'packages/cli/src/main.ts'), ...words];
  return runInForeground(node, args, { cwd: startFolder, env });
});

/** Where only help is asked for, what is there already is enough; undefined where set-up has to come first. */
function readyForHelp() {
  if (words.length > 0 && !words.some((word) => ['help', '--help', '-h'].includes(word))) return undefined;
  const node = findNode(root);
  if (node === undefined || !existsSync(join(root, 'node_modules/commander'))) return undefined;
  return { node: binaryOf(node), env: environmentWith(root, node) };
}
