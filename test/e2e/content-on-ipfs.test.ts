/** A whole network that stores its content on IPFS, by settings only. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type KuboRpc, startKuboRpc } from '../integration/kubo-rpc.ts';
import { certify } from './trace-tasks.ts';
import { startWatchedNetwork, type WatchedNetwork } from './watched-network.ts';

const blocks = { stored: new Map<string, Uint8Array>(), pinned: new Set<string>() };
let node: KuboRpc;
let network: WatchedNetwork;

beforeAll(async () => {
  node = await startKuboRpc(blocks);
  network = await startWatchedNetwork({
    operators: 1,
    aggregators: 1,
    environment: { CONTENT_STORE: 'kubo', KUBO_RPC_URL: node.url },
  });
});

afterAll(async () => {
  await network?.stop();
  await node?.close();
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
  expect([...blocks.pinned].sort()).toEqual(cids.sort());
  for (const cid of cids) expect(await network.contentStore.get(cid)).toBeUndefined();
  const verdicts = report.results.map(({ verdict }) => verdict);
  expect(verdicts).toEqual(['accept']);
});
