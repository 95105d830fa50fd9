/** The explorer's page, built once from its sources to `packages/explorer/page`. */
import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runOrThrow } from './process.mjs';

const folder = 'packages/explorer';
const stampFile = `${folder}/page.stamp`;
/** Everything that the page is bundled from. */
const sources = [
  `${folder}/{index.html,vite.config.ts}`,
  'packages/{explorer,sdk,protocol,session-keys,contracts}/src/**/*.{ts,tsx,css}',
  'package-lock.json',
];

function stampOf(root) {
  const digest = createHash('sha256');
  for (const file of globSync(sources, { cwd: root }).sort()) {
    digest.update(`${file}\n`).update(readFileSync(join(root, file)));
  }
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
