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
import { runInForeground, runQuietly } from './process.mjs';
import { runSource } from './sources.mjs';

const words = process.argv.slice(2);
const startFolder = process.env.INIT_CWD ?? process.cwd();
const program = [...runSource(root, 'packages/cli/src/main.ts'), ...words];
/** The command's exit code for wrong use. */
const wrongUse = 2;

await runMain(async () => {
  const ready = readyToParse();
  const complaint = ready === undefined ? await complaintOnWords() : undefined;
  if (complaint !== undefined) {
    process.stderr.write(complaint);
    return wrongUse;
  }
  const { node, env } = ready ?? (await prepare());
  return runInForeground(node, program, { cwd: startFolder, env });
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

/**
 * What the command says to its words before the packages are brought up to date, which takes long. Undefined if the words
 * are right, or if the present packages cannot tell.
 */
async function complaintOnWords() {
  const node = findNode(root);
  if (node === undefined || !existsSync(join(root, 'node_modules/commander'))) return undefined;
  const env = { ...environmentWith(root, node), ASSAY_SET_UP: join(root, 'setup/words-only.mjs') };
  const { code, output } = await runQuietly(binaryOf(node), program, { cwd: startFolder, env });
  return code === wrongUse ? output : undefined;
}
