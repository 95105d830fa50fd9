/** The npm packages of the lock file. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runOrThrow, runQuietly, SetupError } from './process.mjs';

const stampFile = 'node_modules/.assay-installed';
const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
const hint = 'Check that npm reaches its registry, then run this again.';

/** The inputs of the installed packages: the lock file, and the major version of Node (native parts). */
function stampOf(root, nodeVersion) {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  return `${lock} node-${nodeVersion.split('.')[0]} ${process.platform}-${process.arch}\n`;
}

/** True if the installed packages match the lock file. */
export function arePackagesInstalled(root, nodeVersion) {
  const stamp = join(root, stampFile);
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === stampOf(root, nodeVersion);
}

/** Installs the lock file's packages from scratch. */
export async function installPackages(root, node, env) {
  const { code, output } = await runQuietly('npm', ['ci', ...quiet], { cwd: root, env });
  if (code !== 0 && !lacksOnlyUnknownPackages(output)) {
    throw new SetupError(`${output.trimEnd()}\n\nnpm ci ended with code ${code}. ${hint}`);
  }
  if (code !== 0) await runOrThrow('npm', ['install', '--no-save', ...quiet], { cwd: root, env, hint });
  writeFileSync(join(root, stampFile), stampOf(root, node.version));
}

/**
 * True if npm refuses the lock file only because of optional packages that the registry does not have (binaries for
 * other systems; npm then names them without a version). `npm install --no-save` still uses the lock file's versions
 * and does not change the file.
 */
function lacksOnlyUnknownPackages(output) {
  const complaints = output.match(/(?:Missing|Invalid): .*/g) ?? [];
  return complaints.length > 0 && complaints.every((line) => /^Missing: .+@ from lock file$/.test(line));
}
