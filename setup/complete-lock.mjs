/**
 * Adds to package-lock.json the optional packages for other systems (binaries for macOS, Windows, musl …) that the
 * registry did not have when the file was written:
 *
 *     node setup/complete-lock.mjs
 *
 * npm leaves such packages out of the file. Then `npm ci` refuses the file, because the packages' parents name them. Run
 * this after each change of the lock file. An added entry has the exact version that its parent requires, and no
 * integrity hash, because the package could not be read.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const lockFile = fileURLToPath(new URL('../package-lock.json', import.meta.url));
const folder = 'node_modules/';

/** Words in the names of platform packages → npm's name of the system or processor. */
const systems = new Map([
  ...['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32'].map(twice),
  ['windows', 'win32'],
]);
const processors = new Map([
  ...['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'x64'].map(twice),
  ['amd64', 'x64'],
  ['64', 'x64'],
]);

function twice(word) {
  return [word, word];
}

/** True if the package at `path` finds `name` in the lock file by Node's resolution. */
function isThere(packages, path, name) {
  for (let parent = path; ; parent = parent.slice(0, Math.max(0, parent.lastIndexOf(folder) - 1))) {
    if (packages[`${parent === '' ? '' : `${parent}/`}${folder}${name}`]) return true;
    if (parent === '') return false;
  }
}

/**
 * The entry of a platform package, from its name; undefined if the name contains no system or the version is a range.
 */
function platformEntry(name, version, isDev) {
  const words = name.replace(/^@[^/]*\//, '').split('-');
  const system = words.map((word) => systems.get(word)).find(Boolean);
  const processor = words.map((word) => processors.get(word)).find(Boolean);
  if (!system || !/^\d+\.\d+\.\d+/.test(version)) return undefined;
  const library = words.some((word) => word.startsWith('musl'))
    ? 'musl'
    : words.some((word) => word.startsWith('gnu')) && 'glibc';
  return {
    version,
    ...(processor && { cpu: [processor] }),
    ...(isDev && { dev: true }),
    ...(library && { libc: [library] }),
    optional: true,
    os: [system],
  };
}

/** Adds the missing entries to a parsed lock file; returns their names. */
function completeLock(lock) {
  const added = [];
  for (const [path, parent] of Object.entries(lock.packages)) {
    for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
      const entry = platformEntry(name, version, parent.dev);
      if (!entry || isThere(lock.packages, path, name)) continue;
      lock.packages[folder + name] = entry;
      added.push(`${name}@${version}`);
    }
  }
  const sorted = Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, 'en'));
  lock.packages = Object.fromEntries(sorted);
  return added;
}

const lock = JSON.parse(readFileSync(lockFile, 'utf8'));
const added = completeLock(lock);
if (added.length > 0) writeFileSync(lockFile, `${JSON.stringify(lock, null, 2)}\n`);
process.stdout.write(added.length > 0 ? `Added ${added.length}: ${added.join(', ')}\n` : 'Nothing is missing.\n');
