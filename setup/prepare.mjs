/**
 * Prepares a fresh clone, and does nothing if it is already prepared:
 *
 *     npm run setup
 *     npm run setup -- language-model    # also fetches the small language model of docs/inference.md
 *
 * It needs Node 20 or newer and npm, and installs everything else that is missing.
 */
import { realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildPage, isPageBuilt } from './explorer-page.mjs';
import { bringLanguageModel } from './language-model.mjs';
import { alone } from './lock.mjs';
import { exportModel, isModelExported } from './model.mjs';
import { binaryOf, bringNode, environmentWith, findNode } from './node-version.mjs';
import { arePackagesInstalled, installPackages } from './packages.mjs';
import { SetupError } from './process.mjs';
import { painted, say, seconds, shown } from './progress.mjs';
import { installServers, missingServers, withServersOnPath } from './servers.mjs';

/** The folder of the repository. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Runs every step. Returns `{ node, env }`: the Node to use and the environment for the next program. */
export function prepare() {
  return alone(root, async () => {
    let node = findNode(root);
    await step(
      1,
      'Node',
      () => node !== undefined,
      async () => {
        node = await bringNode(root);
        return `brought ${node.version}`;
      },
    );
    const env = environmentWith(root, node);
    await step(
      2,
      'packages',
      () => arePackagesInstalled(root, node.version),
      async () => {
        await installPackages(root, node, env);
        return 'installed';
      },
    );
    await step(
      3,
      'NATS and Redis',
      () => missingServers(env).length === 0,
      async () => {
        await installServers(missingServers(env), env);
        return 'installed';
      },
    );
    const complete = withServersOnPath(env);
    await step(
      4,
      'embedding model',
      () => isModelExported(root),
      async () => {
        await exportModel(root, binaryOf(node), complete);
        return 'exported';
      },
    );
    await step(
      5,
      'explorer page',
      () => isPageBuilt(root),
      async () => {
        await buildPage(root, binaryOf(node), complete);
        return 'built';
      },
    );
    return { node: binaryOf(node), env: complete };
  });
}

/** Runs one step unless its result exists. */
async function step(number, name, isDone, work) {
  if (isDone()) return;
  await shown(`[${number}/5] ${name}`, work);
}

/** Runs `main`, prints known failures without a stack, and sets the exit code. */
export async function runMain(main) {
  try {
    process.exitCode = await main();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(`\n${painted('red', 'Set-up stopped.')} ${error.message}`);
    process.exitCode = 1;
  }
}

if (realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const startedMs = performance.now();
  await runMain(async () => {
    const { env } = await prepare();
    if (process.argv[2] === 'language-model') for (const line of await bringLanguageModel(root, env)) say(line);
    say(`${painted('green', 'Ready')} (${seconds(performance.now() - startedMs)}). Next: npm run demo`);
    return 0;
  });
}
