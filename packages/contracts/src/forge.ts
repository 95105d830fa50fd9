import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);

/** The folder that holds foundry.toml; forge runs in it. */
export const contractsFolder: string = dirname(dirname(fileURLToPath(import.meta.url)));

/** What a run of forge came to. */
export interface ForgeRun {
  /** Exit status; `null` when forge was stopped by a signal or by the time limit. */
  readonly status: number | null;
  /** Standard output and standard error, in this order. */
  readonly output: string;
}

/**
 * Finds forge's native binary in its platform package, which npm has put there without running a script.
 * @throws when there is no forge for this platform
 */
export function forgeBinary(platform: string = process.platform, arch: string = process.arch): string {
  const cpu = arch === 'x64' ? 'amd64' : arch;
  const name = `@foundry-rs/forge-${platform}-${cpu}`;
  try {
    return require.resolve(`${name}/bin/forge`);
  } catch (cause) {
    throw new Error(`forge's package ${name} is not installed: run npm ci on a platform that forge exists for`, {
      cause,
    });
  }
}

/**
 * Runs forge on the contracts of a folder that has a foundry.toml, offline, with the compiler from npm. `@assay/contracts/`
 * is this package, `@assay/hub-interface/` the one beside it, `@openzeppelin/contracts/` is wherever npm put it.
 * @param args a forge command with its options, such as `['test']`
 * @param timeoutMs after so long forge is stopped
 * @param folder this package's own if absent
 * @param environment for the tests, beside that of this process
 */
export function runForge(
  args: readonly string[],
  timeoutMs = 120_000,
  folder = contractsFolder,
  environment: Readonly<Record<string, string>> = {},
): ForgeRun {
  const openZeppelin = dirname(require.resolve('@openzeppelin/contracts/package.json'));
  const remappings = [
    `@openzeppelin/contracts/=${openZeppelin}/`,
    `@assay/contracts/=${contractsFolder}/`,
    `@assay/hub-interface/=${join(dirname(contractsFolder), 'hub-interface')}/`,
  ];
  const run = spawnSync(forgeBinary(), [...args, ...remappings.flatMap((one) => ['--remappings', one])], {
    cwd: folder,
    encoding: 'utf8',
    timeout: timeoutMs,
    maxBuffer: 64 * 1024 * 1024,
    // solc.mjs is started by its shebang and must meet the node that runs this.
    env: {
      ...process.env,
      ...environment,
      PATH: [dirname(process.execPath), process.env.PATH].filter(Boolean).join(delimiter),
    },
  });
  if (run.error !== undefined && run.status === null && run.signal === null) throw run.error;
  return { status: run.status, output: `${run.stdout}${run.stderr}` };
}

if (process.argv[1] === join(contractsFolder, 'src', 'forge.ts')) {
  const run = runForge(process.argv.slice(2), 600_000);
  process.stdout.write(run.output);
  process.exitCode = run.status ?? 1;
}
