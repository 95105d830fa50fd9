/**
 * Servers and tools that neither npm nor the repository contains: found, or installed by the system's package manager.
 */
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { runOrThrow, runQuietly, SetupError } from './process.mjs';

/** Program, its packages for apt and brew, and the variable that names a running server. */
const servers = [
  { program: 'nats-server', apt: 'nats-server', brew: 'nats-server', address: 'NATS_URL' },
  { program: 'redis-server', apt: 'redis-server', brew: 'redis', address: 'REDIS_URL' },
];

/** Needed by tests only: a real Prometheus with its promtool, for dashboards and alerts. */
const testTools = [{ program: 'promtool', apt: 'prometheus', brew: 'prometheus' }];

/** Folders in which package managers install servers and that may be missing in the PATH. */
const extraFolders = [
  '/usr/sbin',
  '/usr/local/sbin',
  '/usr/local/bin',
  '/opt/homebrew/bin',
  '/home/linuxbrew/.linuxbrew/bin',
];

const dockerHint =
  'With Docker instead: docker compose -f deploy/compose/compose.yaml up -d --wait, then run this again with ' +
  'NATS_URL=nats://127.0.0.1:4222 REDIS_URL=redis://127.0.0.1:6379';

/** The path of a program on the PATH or in one of the usual folders. */
function findProgram(program, env) {
  const folders = [...(env.PATH ?? '').split(delimiter).filter(Boolean), ...extraFolders];
  return folders.map((folder) => join(folder, program)).find(isExecutable);
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** The servers that are neither installed nor given by an address. */
export function missingServers(env) {
  return servers.filter(({ program, address }) => !env[address] && !findProgram(program, env));
}

/** The tools of the tests that are missing. */
export function missingTestTools(env) {
  return testTools.filter(({ program }) => !findProgram(program, env));
}

/** The environment with the servers' folders at the end of the PATH. */
export function withServersOnPath(env) {
  const known = new Set((env.PATH ?? '').split(delimiter));
  const programs = [...servers, ...testTools]
    .map(({ program }) => findProgram(program, env))
    .filter((path) => path !== undefined);
  const folders = programs.map((path) => dirname(path));
  const added = [...new Set(folders)].filter((folder) => !known.has(folder));
  return { ...env, PATH: [env.PATH, ...added].join(delimiter) };
}

/** Installs missing servers or tools; throws a SetupError with the command to run if it cannot. */
export async function installServers(missing, env, otherwise = dockerHint) {
  const names = missing.map(({ program }) => program).join(' and ');
  const aptPackages = missing.map(({ apt }) => apt);
  const brewPackages = missing.map(({ brew }) => brew);
  if (findProgram('apt-get', env)) {
    const prefix = await rootPrefix(env);
    const command = `apt-get update && apt-get install -y --no-install-recommends ${aptPackages.join(' ')}`;
    if (!prefix) {
      throw new SetupError(
        `${names} missing, and installing needs root. Run:\n\n  sudo sh -c '${command}'\n\n${otherwise}`,
      );
    }
    await aptInstall(prefix, aptPackages, { env, hint: `Run it by hand to see more. ${otherwise}` });
  } else if (findProgram('brew', env)) {
    const hint = `Install ${names} by hand and run this again.`;
    await runOrThrow(findProgram('brew', env), ['install', ...brewPackages], { env, hint });
  } else {
    throw new SetupError(
      `${names} missing, and there is neither apt-get nor brew here. Install ${names} so that the PATH has them, ` +
        `for example:\n\n  ${otherSystemCommand(missing)}\n\n${otherwise}`,
    );
  }
  const still = missing.map(({ program }) => program).filter((program) => !findProgram(program, env));
  if (still.length > 0) throw new SetupError(`${still.join(' and ')} still missing after the installation.`);
}

/** The command of the first other package manager that is installed. */
function otherSystemCommand(missing) {
  const env = process.env;
  const programs = missing.map(({ program }) => (program === 'redis-server' ? 'redis' : program)).join(' ');
  if (findProgram('apk', env)) return `apk add ${programs}`;
  if (findProgram('dnf', env)) return `sudo dnf install ${programs}`;
  if (findProgram('pacman', env)) return `sudo pacman -S ${programs}`;
  return `brew install ${missing.map(({ brew }) => brew).join(' ')}`;
}

/** The prefix to run a command as root: nothing as root, sudo if it needs no password; otherwise undefined. */
async function rootPrefix(env) {
  if (process.getuid?.() === 0) return [];
  if (!findProgram('sudo', env)) return undefined;
  const { code } = await runQuietly('sudo', ['-n', 'true'], { env });
  return code === 0 ? ['sudo', '-n'] : undefined;
}

async function aptInstall(prefix, packages, { env, hint }) {
  const apt = (args) => {
    const [command, ...rest] = [...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', ...args];
    return runOrThrow(command, rest, { env, hint });
  };
  await apt(['update']);
  await apt(['install', '-y', '--no-install-recommends', ...packages]);
}
