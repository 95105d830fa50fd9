/**
 * Runs the programs of the SDK's README outside the repository, with the SDK installed from its tarballs: Node, types,
 * browser.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type LocalNetwork, startLocalNetwork } from '@assay/cli/network/local-network';
import { networkFileOf } from '@assay/cli/network/network-file';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundle, chromiumPath, runInPages } from '../packaging/browser.ts';
import { type Installation, installPacked, nodeOfMajor } from '../packaging/installation.ts';

const modules = fileURLToPath(new URL('../../node_modules/', import.meta.url));
/** The expected output of each program of the README. */
const programs = {
  'submit.mjs': /^proven on chain under root 0x[0-9a-f]{64}$/m,
  'session.mjs': /^sealed task 0x[0-9a-f]{64} of session 0x[0-9a-f]{64}$/m,
  'refusal.mjs': /^refused: \S+ 4\d\d submissions/m,
};
const names = Object.keys(programs) as (keyof typeof programs)[];

let network: LocalNetwork;
let installed: Installation;

beforeAll(async () => {
  installed = await installPacked(['@assay/sdk']);
  network = await startLocalNetwork({ operators: 1, replicas: 1, aggregators: 1 });
  const { gatewayUrl, rpcUrl, contracts } = network;
  const file = networkFileOf(installed.folder);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, JSON.stringify({ gatewayUrl, rpcUrl, ...contracts }));
  const readme = await readFile(join(installed.folder, 'node_modules/@assay/sdk/README.md'), 'utf8');
  for (const [, name = '', code = ''] of readme.matchAll(/^```js (\S+)\n([\s\S]*?)^```$/gm))
    await writeFile(join(installed.folder, name), code);
}, 180_000);

afterAll(async () => {
  await network?.stop();
  await installed?.remove();
});

it.each(names)('the program %s runs on this Node', async (name) => {
  expect(await installed.run(process.execPath, [name])).toMatch(programs[name]);
});

/** `npm test` has this Node and the types; the nightly run the other Node and a browser too. */
const isWhole = process.env.TEST_SCOPE === 'whole';

it.runIf(isWhole && chromiumPath !== undefined)(
  'the programs run in a browser (Chromium, bundled by vite)',
  async () => {
    const modules = await bundle(installed.folder, names);
    const said = await runInPages(names, modules, network.contracts, network);
    for (const [index, name] of names.entries()) expect(said[index]).toMatch(programs[name]);
  },
);

it.runIf(isWhole)('the programs run on Node 22', async ({ skip }) => {
  const node = await nodeOfMajor(22);
  if (node === undefined) return skip('npm has no Node 22 for this system');
  expect(await installed.run(node, ['--version'])).toMatch(/^v22\./);
  for (const name of names) expect(await installed.run(node, [name])).toMatch(programs[name]);
});

describe.each(['nodenext', 'bundler'])('the types of the SDK by moduleResolution %s', (moduleResolution) => {
  const check = async (...files: readonly string[]) => {
    const config = join(installed.folder, `tsconfig.${moduleResolution}.json`);
    const compilerOptions = {
      module: moduleResolution === 'nodenext' ? 'nodenext' : 'esnext',
      moduleResolution,
      target: 'es2024',
      strict: true,
      noEmit: true,
      allowJs: true,
      checkJs: true,
      skipLibCheck: true,
      types: ['node'],
      typeRoots: [join(modules, '@types')],
    };
    await writeFile(config, JSON.stringify({ compilerOptions, files }));
    return installed.run(process.execPath, [join(modules, 'typescript/bin/tsc'), '-p', config]);
  };

  it('fit the programs', async () => {
    await check(...names);
  });

  it('do not fit a wrong program', async () => {
    const wrong = `import { GatewayClient } from '@assay/sdk/gateway-client';\nawait new GatewayClient('').submitTask({ prompt: 2 });\n`;
    await writeFile(join(installed.folder, 'wrong.mts'), wrong);
    await expect(check('wrong.mts')).rejects.toThrow(/wrong\.mts.*TS2\d{3}/);
  });
});
