/** The npm packages, as the lock file names them. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runOrThrow, runQuietly, SetupError } from './process.mjs';

const stampFile = 'node_modules/.assay-installed';
const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
const hint = 'Check that npm reaches its registry, then run this again.';

/** What the installed packages depend on: the lock file, and the major version of Node (native parts). */
function stampOf(root, nodeVersion) {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  return `${lock} node-${nodeVersion.split('.')[0]} ${process.platform}-${process.arch}\n`;
}

/** True when the installed packages are those of the lock file. */
export function arePackagesInstalled(root, nodeVersion) {
  const stamp = join(root, stampFile);
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === stampOf(root, nodeVersion);
}

/** Installs what the lock file names, from scratch. */
export async function installPackages(root, node, env) {
  const { code, output } = await runQuietly('npm', ['ci', ...quiet], { cwd: root, env });
  if (code !== 0 && !lacksOnlyUnknownPackages(output)) {
    throw new SetupError(`${output.trimEnd()}\n\nnpm ci ended with code ${code}. ${hint}`);
  }
  if (code !== 0) await runOrThrow('npm', ['install', '--no-save', ...quiet], { cwd: root, env, hint });
  writeFileSync(join(root, stampFile), stampOf(root, node.version));
}

/**
 * True when npm refuses the lock file for nothing but optional packages that the registry itself does not have (binaries
 * for other systems; npm then names them without a version). `npm install --no-save` takes the lock file's versions
 * all the same and leaves the file as it is.
 */
export function lacksOnlyUnknownPackages(output) {
  const complaints = output.match(/(?:Missing|Invalid): .*/g) ?? [];
  return complaints.length > 0 && complaints.every((line) => /^Missing: .+@ from lock file$/.test(line));
}
