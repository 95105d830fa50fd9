/** A network by settings only: its content is on IPFS, and its operator and transmitter sign at remote signers. */
import { readFileSync } from 'node:fs';
import { fromHex, type Hex } from '@assay/protocol/encoding/bytes';
import { addressOf } from '@assay/protocol/signature/signature';
import { contentPlaceOf } from '@assay/protocol/task/content-place';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type HttpSigner, startHttpSigner } from '../integration/http-signer.ts';
import { type KuboRpc, startKuboRpc } from '../integration/kubo-rpc.ts';
import { certify, markedTask, publicRequest } from './trace/trace-tasks.ts';
import { startWatchedNetwork, type WatchedNetwork } from './watched-network.ts';

const blocks = { stored: new Map<string, Uint8Array>(), pinned: new Map<string, string>() };
const signers: HttpSigner[] = [];
let node: KuboRpc;
let network: WatchedNetwork;

beforeAll(async () => {
  node = await startKuboRpc(blocks);
  network = await startWatchedNetwork({
    operators: 1,
    aggregators: 1,
    replicasOf: (_, role) => (role === 'checksum' ? 1 : 0),
    environment: { CONTENT_STORE: 'kubo', KUBO_RPC_URL: node.url },
  });
});

afterAll(async () => {
  await network?.stop();
  await node?.close();
  await Promise.all(signers.map((signer) => signer.stop()));
});

it('certifies a task whose prompt and outputs are blocks of the node, and none of them is on the bus', async () => {
  const prompt = 'Why does the owl sleep during the day and look for food at night?';
  const output = 'The owl sleeps by day because it is cooler and safer for it to look for food at night.';
  const { report } = await certify(network, {
    reference: 'on IPFS',
    policy: 'checksum-only',
    prompt,
    submissions: [{ miner: 'miner-1', output }],
  });
  const cids = [report.task.prompt.cid, ...report.task.submissions.map(({ cid }) => cid)];
  expect([...blocks.pinned.keys()].sort()).toEqual(cids.sort());
  for (const cid of cids) expect(await network.contentStore.get(cid, contentPlaceOf(report.task))).toBeUndefined();
  const verdicts = report.results.map(({ verdict }) => verdict);
  expect(verdicts).toEqual(['accept']);
});

it('an operator and a transmitter sign at remote signers, and the report is certified on chain', async () => {
  const operator = await signsElsewhere('operator-0-checksum-0', 'OPERATOR');
  const transmitter = await signsElsewhere('aggregator-0', 'TRANSMITTER');
  const { report } = await certify(network, { ...publicRequest(markedTask('signed')), policy: 'checksum-only' });
  expect(report.sequence).toBeGreaterThan(0);
  // An observation and a cosignature; a transaction.
  expect(operator.signed()).toBeGreaterThanOrEqual(2);
  expect(transmitter.signed()).toBeGreaterThanOrEqual(1);
});

/** Replaces a service by one with a signer's URL instead of a key file. */
async function signsElsewhere(name: string, owner: 'OPERATOR' | 'TRANSMITTER'): Promise<HttpSigner> {
  const spec = network.specs.find((one) => one.name === name);
  const old = network.services.find((one) => one.name === name);
  if (spec === undefined || old === undefined) throw new Error(`The network has no process "${name}".`);
  const { [`${owner}_KEY_FILE`]: file = '', ...environment } = spec.environment;
  const key = fromHex(readFileSync(file, 'utf8').trim() as Hex);
  const signer = await startHttpSigner(key);
  signers.push(signer);
  const at = { [`${owner}_SIGNER_URL`]: signer.url, [`${owner}_ADDRESS`]: addressOf(key) };
  await old.stop();
  await network.start({ ...spec, name: `${name}-signer`, environment: { ...environment, ...at } });
  return signer;
}
