/**
 * Copies the built files of an image into a folder: node deploy/gather.mjs <what> <folder>. `common` is what all images
 * have; the name of a service, or `cli`, is what one image has beside it. Sources, types and tests stay behind.
 */
import { cpSync, globSync, mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { needsModel } from './needs-model.mjs';

/** Workspaces that no service imports. */
const ofCommand = ['packages/bench', 'packages/cli', 'packages/mcp'];

/** Paths below the repository's root for an image; a pattern takes what it matches. */
function pathsOf(what) {
  if (what === 'common') {
    const packages = globSync('packages/*').filter((path) => !ofCommand.includes(path));
    return ['package.json', 'deploy/policies.json', ...packages.flatMap(builtFiles)];
  }
  // The command starts services of a local network, each from its package.
  if (what === 'cli') return ['packages/cli', ...globSync('services/*')].flatMap(builtFiles);
  return [...builtFiles(`services/${what}`), ...(needsModel(what) ? ['models'] : [])];
}

const builtFiles = (workspace) => [
  `${workspace}/package.json`,
  ...globSync(`${workspace}/dist/**/*.{js,json}`),
  ...globSync(`${workspace}/dist/**/*.js.map`),
  // The explorer, which the gateway serves.
  ...globSync(`${workspace}/page/*`),
];

if (import.meta.main) {
  const [what, folder] = process.argv.slice(2);
  if (folder === undefined) throw new Error('Name the image and a folder: node deploy/gather.mjs gateway /service');
  for (const path of pathsOf(what)) {
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    cpSync(path, join(folder, path), { recursive: true });
  }
  if (what !== 'common') {
    // One path to the program of every image.
    symlinkSync(what === 'cli' ? 'packages/cli/dist' : `services/${what}/dist`, join(folder, 'entry'));
    if (needsModel(what)) cpSync('/model', folder, { recursive: true });
  }
}
