/**
 * Builds, packs and publishes every package that the registry does not have in this version, with provenance:
 *
 *     npm run release
 *     npm run release -- --dry-run
 *
 * Provenance needs a workflow of GitHub or GitLab that may ask for an identity token.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packPackages, type Tarball } from './pack.ts';

const root = fileURLToPath(new URL('../', import.meta.url));
const isDry = process.argv.includes('--dry-run');

function isPublished({ name, version }: Tarball): boolean {
  const view = spawnSync('npm', ['view', `${name}@${version}`, 'version'], { encoding: 'utf8' });
  if (view.status === 0) return view.stdout.trim() === version;
  if (/E404/.test(view.stderr)) return false;
  throw new Error(`The registry does not say whether it has ${name}@${version}: ${view.stderr}`, { cause: view.error });
}

for (const tarball of packPackages(join(root, '.assay', 'packages'))) {
  const title = `${tarball.name}@${tarball.version}`;
  if (isDry || !isPublished(tarball)) {
    const mode = isDry ? ['--dry-run'] : ['--provenance'];
    const publish = spawnSync('npm', ['publish', tarball.file, '--access', 'public', ...mode], { stdio: 'inherit' });
    if (publish.status !== 0) throw new Error(`${title} was not published.`, { cause: publish.error });
  }
  process.stdout.write(`${title}: ${isDry ? 'could be published' : 'is published'}\n`);
}
