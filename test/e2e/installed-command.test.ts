/** The `assay` command outside the repository, installed from its tarballs: a network of its own, and the small commands. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Installation, installPacked, nodeOfMajor } from '../packaging/installation.ts';

const command = 'node_modules/.bin/assay';

/**
 * Only the nightly run installs all packages of the command. `npm test` looks into their tarballs
 * (`test/packaging/packages.test.ts`), and installs and runs those of the SDK.
 */
const isWhole = process.env.TEST_SCOPE === 'whole';

describe.runIf(isWhole)('the installed command', () => {
  let installed: Installation;

  beforeAll(async () => {
    installed = await installPacked(['@assay/cli']);
  }, 300_000);

  afterAll(() => installed?.remove());

  it('starts a network, judges, certifies and proves, with the services, policies and model that it brings', async () => {
    const stdout = await installed.run(command, [
      'demo',
      '--tasks',
      '1',
      '--operators',
      '1',
      '--sealed',
      '0',
      '--json',
    ]);
    expect(JSON.parse(stdout)).toMatchObject({ tasks: 1, certified: 1, provenOnChain: 1 });
  });

  it('runs on Node 22', async ({ skip }) => {
    const node = await nodeOfMajor(22);
    if (node === undefined) return skip('npm has no Node 22 for this system');
    await writeFile(join(installed.folder, 'answer.txt'), 'The sum is 4.');
    const main = 'node_modules/@assay/cli/dist/main.js';
    expect(JSON.parse(await installed.run(node, [main, 'chunks', 'answer.txt', '--json']))).toHaveProperty('root');
    const args = [main, 'demo', '--tasks', '1', '--operators', '1', '--sealed', '0', '--json'];
    expect(JSON.parse(await installed.run(node, args))).toMatchObject({ certified: 1, provenOnChain: 1 });
  });

  it('has the commands that need a network of others, and says where the benches are', async () => {
    for (const name of ['report', 'equivocation', 'committee', 'provision', 'set-up', 'calibrate', 'validate', 'up'])
      expect(await installed.run(command, [name, '--help'])).toContain(`Usage: assay ${name}`);
    await expect(installed.run(command, ['report', `0x${'12'.repeat(32)}`])).rejects.toThrow(
      /No network runs from this/,
    );
    await expect(installed.run(command, ['bench', 'gas'])).rejects.toThrow(/This installation has no benches/);
  });
});
