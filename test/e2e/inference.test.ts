/**
 * A network with the role `inference`: a miner that swaps its model in the middle of a run is rejected from then on, and
 * nobody is judged while the operator's language model fails. Every report is certified and proven against the chain.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ModelServer, startModelServer } from '@assay/adapters/language-model/model-server.fixture';
import { verdictLineOf } from '@assay/cli/verdicts/verdict-line';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { temporaryFolder } from '../integration/temporary-folder.ts';
import { changedPolicies, type PoliciesFile } from './changed-policies.ts';
import { judgeOn } from './fixture-tasks.ts';
import { startWatchedNetwork, type WatchedNetwork } from './watched-network.ts';

const modelDigest = `0x${'ab'.repeat(32)}` as const;
const inference = {
  required: true,
  acceptScoreMin: 1_000,
  rejectFlags: [],
  abstainFlags: ['model-not-named', 'model-unavailable', 'model-not-believed', 'not-shared'],
  scoreTolerance: 500,
  parameters: {},
  models: [{ digest: modelDigest, before: 'user: ', after: ' model: ' }],
  likeliest: 3,
  tokensMin: 20,
  charsMax: 1_000,
  tieMilli: 20,
  missesPpm: 20_000,
};
const own = 'a'.repeat(80);
const swapped = 'abcd'.repeat(20);

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let policies: PoliciesFile;
let model: ModelServer;
let network: WatchedNetwork;

beforeAll(async () => {
  folder = await temporaryFolder();
  model = await startModelServer('echo', 0.03);
  const file = join(folder.path, 'models.json');
  await writeFile(file, JSON.stringify([{ modelDigest, model: 'letters', url: model.url, likeliest: 4 }]));
  policies = await changedPolicies((policy) =>
    policy.name === 'checksum-only' ? ({ roles: { ...policy.roles, inference } } as Partial<typeof policy>) : {},
  );
  const { policiesFile } = policies;
  const environment = { LANGUAGE_MODELS_FILE: file };
  network = await startWatchedNetwork({ operators: 1, aggregators: 1, policiesFile, environment });
}, 120_000);

afterAll(async () => {
  await network?.stop();
  await Promise.all([model.close(), policies.remove(), folder.remove()]);
});

/** Verdicts and reasons of a certified and proven report on the answers of two miners. */
async function verdictsOn(task: string, first: string, second: string): Promise<string[][]> {
  const submissions = [first, second].map((output, index) => ({ miner: `m${index + 1}`, output }));
  const [judged] = await judgeOn(
    network,
    [{ task, prompt: `Question ${task}`, modelDigest, temperature: 0, submissions }],
    'checksum-only',
  );
  if (judged === undefined) throw new Error('There is no report.');
  expect(judged.unproven).toBeUndefined();
  return (verdictLineOf(judged)?.results ?? []).map(({ verdict, flags }) => [verdict, ...(flags.inference ?? [])]);
}

it('rejects a miner from the task on in which it swaps its model, and never the honest one', async () => {
  expect(await verdictsOn('before', own, own)).toEqual([['accept'], ['accept']]);
  expect(await verdictsOn('swapped', own, swapped)).toEqual([['accept'], ['reject', 'another-model']]);
  expect(await verdictsOn('after', own, swapped.slice(4))).toEqual([['accept'], ['reject', 'another-model']]);
}, 120_000);

it('abstains with its reason while the language model answers garbage, and judges again afterwards', async () => {
  model.spoil = () => '<html>';
  expect(await verdictsOn('garbage', own, swapped)).toEqual([
    ['abstain', 'model-not-believed'],
    ['abstain', 'model-not-believed'],
  ]);
  model.spoil = undefined;
  expect(await verdictsOn('well again', own, swapped)).toEqual([['accept'], ['reject', 'another-model']]);
}, 120_000);
