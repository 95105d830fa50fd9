/**
 * The documented programs run unchanged on a local network of one operator: those of the SDK's README outside the
 * repository, with the SDK installed from its tarballs (Node, types, browser), and those of docs/session-keys.md.
 */
import { readFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { anvilAccountKey } from '@assay/adapters/evm/anvil-accounts';
import type { LocalNetwork } from '@assay/cli/network/local-network';
import { networkFileOf } from '@assay/cli/network/network-file';
import type { Hex } from '@assay/protocol/encoding/bytes';
import type { CertifiedReport } from '@assay/protocol/report/certified-report';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundle, chromiumPath, runInPages } from '../../packaging/browser.ts';
import { type Installation, installPacked, nodeOfMajor } from '../../packaging/installation.ts';

const modules = fileURLToPath(new URL('../../../node_modules/', import.meta.url));
/** The expected output of each program of the README. */
const programs = {
  'submit.mjs': /^proven on chain under root 0x[0-9a-f]{64}$/m,
  'session.mjs': /^sealed task 0x[0-9a-f]{64} of session 0x[0-9a-f]{64}$/m,
  'refusal.mjs': /^refused: \S+ 4\d\d submissions/m,
};
const names = Object.keys(programs) as (keyof typeof programs)[];

/** Needs a network of one operator and one aggregator that is there when the tests start. */
export function documentedProgramsTests(networkOf: () => LocalNetwork): void {
  let network: LocalNetwork;
  let installed: Installation;

  beforeAll(async () => {
    network = networkOf();
    installed = await installPacked(['@assay/sdk']);
    const { gatewayUrl, rpcUrl, contracts } = network;
    const file = networkFileOf(installed.folder);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, JSON.stringify({ gatewayUrl, rpcUrl, ...contracts }));
    const readme = await readFile(join(installed.folder, 'node_modules/@assay/sdk/README.md'), 'utf8');
    for (const [, name = '', code = ''] of readme.matchAll(/^```js (\S+)\n([\s\S]*?)^```$/gm))
      await writeFile(join(installed.folder, name), code);
  }, 300_000);

  afterAll(async () => {
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

    it('fit the programs, and do not fit a wrong one', async () => {
      const wrong = `import { GatewayClient } from '@assay/sdk/gateway-client';\nawait new GatewayClient('').submitTask({ prompt: 2 });\n`;
      await writeFile(join(installed.folder, 'wrong.mts'), wrong);
      const said = await check(...names, 'wrong.mts').catch((error: Error) => error.message);
      const errors = [...said.matchAll(/^(\S+)\(\d+,\d+\): error (TS\d+)/gm)];
      expect(errors.map(([, file, code]) => `${file} ${code}`)).toEqual([
        expect.stringMatching(/^wrong\.mts TS2\d{3}$/),
      ]);
    });
  });

  describe('docs/session-keys.md', () => {
    const document = readFileSync(fileURLToPath(new URL('../../../docs/session-keys.md', import.meta.url)), 'utf8');
    const linesMax = 40;
    /** Accounts 0 to 2 belong to the deployer, the oracle and the aggregator. */
    const accounts = { user: 3, miner: 4 } as const;

    interface Miner {
      readonly address: Hex;
      answer(question: object): Promise<{ sealed: string }>;
    }
    type Start = (network: object, privateKey: Hex) => Promise<Miner>;
    type Ask = (
      network: object,
      privateKey: Hex,
      miner: Miner,
      prompt: string,
    ) => Promise<{ report: CertifiedReport | undefined; proven: boolean }>;

    function exampleOf(name: string): string {
      const code = new RegExp(`\`\`\`ts ${name}\\n([\\s\\S]*?)\`\`\``).exec(document)?.[1];
      if (code === undefined) throw new Error(`There is no example ${name}.`);
      return code;
    }

    /** Runs an example's text and returns the one function that it exports. */
    async function run(name: string): Promise<unknown> {
      const code = stripTypeScriptTypes(exampleOf(name))
        .replace(/^import \{([^}]*)\} from ('[^']+');/gm, 'const {$1} = await load($2);')
        .replace(/^export async function (\w+)/m, 'return async function $1');
      const AsyncFunction = Object.getPrototypeOf(async () => undefined).constructor;
      return new AsyncFunction('load', code)((specifier: string) => import(/* @vite-ignore */ specifier));
    }

    it.each(['user', 'miner'])('the example of the %s is short', (name) => {
      expect(exampleOf(name).trim().split('\n').length).toBeLessThan(linesMax);
    });

    it.each(['user', 'miner'])('the example of the %s is the program in examples/sealed-question', (name) => {
      const file = fileURLToPath(new URL(`../../../examples/sealed-question/${name}.ts`, import.meta.url));
      expect(readFileSync(file, 'utf8')).toBe(exampleOf(name));
    });

    it('User and Miner open a session, judge a sealed task, prove the report and close', async () => {
      const startMiner = (await run('miner')) as Start;
      const ask = (await run('user')) as Ask;
      const { contracts, gatewayUrl, rpcUrl } = network;
      const place = { ...contracts, gatewayUrl, rpcUrl };
      const miner = await startMiner(place, anvilAccountKey(accounts.miner));
      const { report, proven } = await ask(
        place,
        anvilAccountKey(accounts.user),
        miner,
        'What is the capital of France?',
      );
      expect(report?.results).toHaveLength(1);
      expect(proven).toBe(true);
    });
  });
}
