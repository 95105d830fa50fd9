/** `examples/consumer` outside the repository, with the packed interface: built and tested by Foundry and by Hardhat. */
import { spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { forgeBinary } from '../../packages/contracts/src/forge.ts';
import type { Tarball } from '../../release/pack.ts';
import { packWhenBuilt } from './pack-when-built.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const runMs = 300_000;

let folder: string;
let example: string;
let tarball: Tarball;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-consumer-'));
  const [packed] = await packWhenBuilt(join(folder, 'tarballs'), ['@assay/hub-interface']);
  if (packed === undefined) throw new Error('@assay/hub-interface was not packed');
  tarball = packed;
  example = join(folder, 'consumer');
  await cp(join(root, 'examples/consumer'), example, { recursive: true, filter: isSource });
}, runMs);

afterAll(() => rm(folder, { recursive: true, force: true }));

/** Nothing that a tool has left in the example. */
const isSource = (path: string) => !/\/(node_modules|out|cache|artifacts)$/.test(path);

/** Runs a program in the example; the environment of npm would name this repository. */
function run(program: string, args: readonly string[]) {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_|^NODE_OPTIONS$/.test(name)));
  const path = [dirname(process.execPath), env.PATH].filter(Boolean).join(delimiter);
  const result = spawnSync(program, args, {
    cwd: example,
    encoding: 'utf8',
    timeout: runMs,
    env: { ...env, PATH: path },
  });
  return { status: result.status, output: `${result.stdout}${result.stderr}${result.error?.message ?? ''}` };
}

describe('the consumer example, outside the repository', () => {
  it('has the interface with the licence of the repository', async () => {
    const installed = join(example, 'node_modules/@assay/hub-interface');
    await mkdir(installed, { recursive: true });
    const unpacked = run('tar', ['-xzf', tarball.file, '-C', installed, '--strip-components=1']);
    expect(unpacked.status, unpacked.output).toBe(0);
    expect(await readFile(join(installed, 'LICENSE'), 'utf8')).toBe(await readFile(join(root, 'LICENSE'), 'utf8'));
    expect(JSON.parse(await readFile(join(installed, 'package.json'), 'utf8'))).toMatchObject({
      license: 'Apache-2.0',
    });
  });

  it('is built and passes its tests with Foundry', () => {
    const solc = join(root, 'packages/contracts/solc.mjs');
    const tested = run(forgeBinary(), ['test', '--offline', '--use', solc]);
    expect(tested.status, tested.output).toBe(0);
    expect(tested.output).toContain('4 tests passed');
  });

  it.skipIf(process.env.TEST_SCOPE !== 'whole')(
    'is built and passes its tests with Hardhat',
    { timeout: runMs },
    () => {
      const installed = run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', tarball.file]);
      expect(installed.status, installed.output).toBe(0);
      const tested = run('npx', ['hardhat', 'test', 'solidity']);
      expect(tested.status, tested.output).toBe(0);
      expect(tested.output).toContain('4 passing');
    },
  );
});
