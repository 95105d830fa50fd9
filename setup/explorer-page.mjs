/** The explorer's page, built once from its sources to `packages/explorer/page`. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runOrThrow } from './process.mjs';

const folder = 'packages/explorer';
const stampFile = `${folder}/page.stamp`;
/** Everything that the page is bundled from. */
const files = [`${folder}/index.html`, `${folder}/vite.config.ts`, 'package-lock.json'];
const packages = ['explorer', 'sdk', 'protocol', 'session-keys', 'contracts'];

function stampOf(root) {
  const sources = packages.flatMap((name) => {
    const home = `packages/${name}/src`;
    const all = readdirSync(join(root, home), { recursive: true, encoding: 'utf8' }).filter((file) =>
      /\.(?:tsx?|css)$/.test(file),
    );
    return all.map((file) => `${home}/${file}`);
  });
  const digest = createHash('sha256');
  for (const file of [...files, ...sources.sort()]) digest.update(`${file}\n`).update(readFileSync(join(root, file)));
  return `${digest.digest('hex')}\n`;
}

/** True if the page is there, and of these sources. */
export function isPageBuilt(root) {
  if (!existsSync(join(root, stampFile)) || !existsSync(join(root, folder, 'page/index.html'))) return false;
  return readFileSync(join(root, stampFile), 'utf8') === stampOf(root);
}

/** Builds it with the chosen Node. */
export async function buildPage(root, nodeBinary, env) {
  await runOrThrow(nodeBinary, ['../../node_modules/vite/bin/vite.js', 'build'], {
    cwd: join(root, folder),
    env,
    hint: 'If packages are damaged, delete node_modules and run this again.',
  });
  writeFileSync(join(root, stampFile), stampOf(root));
}
