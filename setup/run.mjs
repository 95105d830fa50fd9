/**
 * Prepares what is missing, then runs the `assay` command from its sources:
 *
 *     npm run demo
 *     npm run assay -- validate tasks.jsonl
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { binaryOf, environmentWith, findNode } from './node-version.mjs';
import { arePackagesInstalled } from './packages.mjs';
import { prepare, root, runMain } from './prepare.mjs';
import { runInForeground } from './process.mjs';
import { runSource } from './sources.mjs';

const words = process.argv.slice(2);

await runMain(async () => {
  const { node, env } = readyToParse() ?? (await prepare());
  const startFolder = process.env.INIT_CWD ?? process.cwd();
  const args = [...runSource(root, 'packages/cli/src/main.ts'), ...words];
  return runInForeground(node, args, { cwd: startFolder, env });
});

/**
 * Where the packages are there, the command reads its words first, so that help and wrong words are answered at once. It
 * calls the rest of the set-up before it does anything. Undefined where set-up has to come first.
 */
function readyToParse() {
  const node = findNode(root);
  if (node === undefined || !existsSync(join(root, 'node_modules/commander'))) return undefined;
  const asksForHelp = words.length === 0 || words.some((word) => ['help', '--help', '-h'].includes(word));
  if (!asksForHelp && !arePackagesInstalled(root, node.version)) return undefined;
  const env = { ...environmentWith(root, node), ASSAY_SET_UP: join(root, 'setup/prepare.mjs') };
  return { node: binaryOf(node), env };
}
