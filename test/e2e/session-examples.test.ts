/** The examples in docs/session-keys.md, run unchanged against a local network of one operator. */
import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { fileURLToPath } from 'node:url';
import { anvilAccountKey } from '@assay/adapters/evm/anvil-accounts';
import { type LocalNetwork, startLocalNetwork } from '@assay/cli/network/local-network';
import type { Hex } from '@assay/protocol/encoding/bytes';
import type { CertifiedReport } from '@assay/protocol/report/certified-report';
import { afterAll, beforeAll, expect, it } from 'vitest';

const document = readFileSync(fileURLToPath(new URL('../../docs/session-keys.md', import.meta.url)), 'utf8');
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

let network: LocalNetwork;

beforeAll(async () => {
  network = await startLocalNetwork({ operators: 1, replicas: 1, aggregators: 1 });
});
afterAll(() => network.stop());

it.each(['user', 'miner'])('the example of the %s is short', (name) => {
  expect(exampleOf(name).trim().split('\n').length).toBeLessThan(linesMax);
});

it.each(['user', 'miner'])('the example of the %s is the program in examples/sealed-question', (name) => {
  const file = fileURLToPath(new URL(`../../examples/sealed-question/${name}.ts`, import.meta.url));
  expect(readFileSync(file, 'utf8')).toBe(exampleOf(name));
});

it('User and Miner open a session, judge a sealed task, prove the report and close', async () => {
  const startMiner = (await run('miner')) as Start;
  const ask = (await run('user')) as Ask;
  const { contracts, gatewayUrl, rpcUrl } = network;
  const place = { ...contracts, gatewayUrl, rpcUrl };
  const miner = await startMiner(place, anvilAccountKey(accounts.miner));
  const { report, proven } = await ask(place, anvilAccountKey(accounts.user), miner, 'What is the capital of France?');
  expect(report?.results).toHaveLength(1);
  expect(proven).toBe(true);
});
