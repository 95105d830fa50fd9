/** The chain: the contract for both implementations, and faults that a real chain causes. */
import { anvilAccountKey } from '@assay/adapters/evm/anvil-accounts';
import { connectEvmChain } from '@assay/adapters/evm/chain';
import { evmClient } from '@assay/adapters/evm/client';
import type { Deployed } from '@assay/adapters/evm/contract-creations';
import { deployContracts, publishAgreementKey } from '@assay/adapters/evm/deploy-contracts';
import { type HttpServer, startHttpServer } from '@assay/adapters/http/http-server';
import { MemoryLedger } from '@assay/adapters/memory/memory-chain';
import { type ServerProcess, startAnvil } from '@assay/adapters/process/server-programs';
import { buildBatch, reportLeaf } from '@assay/protocol/batch/batch';
import { encodeCertificate } from '@assay/protocol/batch/certificate';
import { fromHex, type Hex, toHex } from '@assay/protocol/encoding/bytes';
import { configDigest, type Network } from '@assay/protocol/network/validator-set';
import type { Chain } from '@assay/protocol/ports';
import { addressOf, compactSignature, signDigest } from '@assay/protocol/signature/signature';
import { type CosignatureFields, cosignatureDigest } from '@assay/protocol/signature/typed-data';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from './eventually.ts';

const slow = 90_000;
const keys = [1, 2, 3, 4]
  .map((number) => new Uint8Array(32).fill(number))
  .sort((a, b) => (addressOf(a) < addressOf(b) ? -1 : 1));
const members = keys.map((key) => ({ operator: addressOf(key), weight: 10n }));
const operators = keys.map((key) => ({ privateKey: toHex(key), stake: 10n }));
const policiesDigest: Hex = `0x${'5a'.repeat(32)}`;
const reports = [1, 2, 3].map((number) => ({
  taskId: `0x${`0${number}`.repeat(32)}` as Hex,
  policyDigest: policiesDigest,
  results: `0x${`0${number}`.repeat(39)}` as Hex,
}));
const batch = buildBatch(reports.map(reportLeaf));

let sequence = 0;
const nextFields = (network: Network): CosignatureFields => ({
  configDigest: configDigest(network),
  epoch: network.epoch,
  sequence: ++sequence,
  root: batch.root,
  count: batch.count,
});

function certify(network: Network, fields: CosignatureFields, signers = keys.slice(0, 3)): Hex {
  const digest = cosignatureDigest(network, fields);
  const cosignatures = signers.map((key) => ({ operator: addressOf(key), signature: signDigest(digest, key) }));
  return encodeCertificate(network, cosignatures);
}

/** What stands at the place of the first of three signers in a certificate is by `key`. */
function certifyWith(key: Uint8Array | undefined, network: Network, fields: CosignatureFields): Hex {
  const bytes = fromHex(certify(network, fields));
  bytes.set(compactSignature(signDigest(cosignatureDigest(network, fields), key ?? new Uint8Array())), 16);
  return toHex(bytes);
}

/** `another` posts from another account. */
function chainContract(
  get: () => {
    chain: Chain;
    another: Chain;
    readonly setAgreementKey: (key: Hex) => Promise<Hex>;
    /** The time of the latest block. */
    readonly nowMs: () => Promise<number>;
  },
): void {
  it('reads the network', async () => {
    const network = await get().chain.network();
    expect(network.members).toEqual(members);
    expect(network.policiesDigest).toBe(policiesDigest);
  });

  it('reads the network of an epoch that has started, and of no other', async () => {
    const { chain } = get();
    const network = await chain.network();
    expect(await chain.network(network.epoch)).toEqual(network);
    await expect(chain.network(network.epoch + 1)).rejects.toThrow(/has not started/);
  });

  it('posts a certified batch once, for any number of tries, and proves its reports', async () => {
    const { chain, another } = get();
    const network = await chain.network();
    const fields = nextFields(network);
    const certificate = certify(network, fields);
    expect(await chain.postedBatch(fields.epoch, fields.sequence, 1)).toBeUndefined();
    const outcomes = await Promise.all([chain.post(fields, certificate), another.post(fields, certificate)]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['known', 'posted']);
    expect((await chain.post(fields, certificate)).status).toBe('known');
    const posted = outcomes.find((outcome) => outcome.status === 'posted');
    const onChain = await chain.postedBatch(fields.epoch, fields.sequence, 1);
    expect(onChain).toMatchObject({
      root: fields.root,
      count: fields.count,
      transactionHash: posted?.transactionHash,
      gasUsed: posted?.gasUsed,
    });
    expect(onChain?.transmitter).toMatch(/^0x[0-9a-f]{40}$/);
    expect(await chain.highestSequence(fields.epoch)).toBe(fields.sequence);
    const [report, , wrong] = reports;
    const [proof] = batch.proofs;
    if (report === undefined || wrong === undefined || proof === undefined) throw new Error('There are three reports.');
    expect(await chain.verifyReport(fields.epoch, fields.sequence, report, proof)).toBe(true);
    expect(await chain.verifyReport(fields.epoch, fields.sequence, wrong, proof)).toBe(false);
    expect(await chain.verifyReport(fields.epoch, fields.sequence + 1_000, report, proof)).toBe(false);
  });

  it('posts many at once from one account, each once', { timeout: slow }, async () => {
    const { chain } = get();
    const network = await chain.network();
    const all = Array.from({ length: 3 }, () => nextFields(network));
    const outcomes = await Promise.all(all.map((fields) => chain.post(fields, certify(network, fields))));
    expect(outcomes.map(({ status }) => status)).toEqual(['posted', 'posted', 'posted']);
  });

  it('lists the batches of an epoch that is over, latest first, once a block after its end is final', async () => {
    const { chain, nowMs } = get();
    const network = await chain.network();
    const both = [nextFields(network), nextFields(network)];
    const beforeMs = await nowMs();
    for (const fields of both) await chain.post(fields, certify(network, fields));
    const endedMs = (await nowMs()) + 1;
    const list = (epoch: number, since: { readonly sinceMs: number; readonly endedMs: number }) =>
      chain.endedBatches(epoch, { ...since, finality: 1 });
    expect(await list(network.epoch, { sinceMs: beforeMs, endedMs: endedMs + 3_600_000 })).toBeUndefined();
    await expect.poll(nowMs, { timeout: 10_000 }).toBeGreaterThanOrEqual(endedMs);
    const listed = await list(network.epoch, { sinceMs: beforeMs, endedMs });
    const [first, second] = both.map(({ sequence: at, root, count }) => ({ sequence: at, root, count }));
    expect(listed?.slice(0, 2)).toEqual([second, first]);
    expect(await list(network.epoch + 1, { sinceMs: 0, endedMs })).toEqual([]);
  });

  it('waits for the requested confirmations', async () => {
    const { chain } = get();
    const network = await chain.network();
    const fields = nextFields(network);
    await chain.post(fields, certify(network, fields));
    expect(await chain.postedBatch(fields.epoch, fields.sequence, 1_000)).toBeUndefined();
  });

  it.each<[string, (network: Network, fields: CosignatureFields) => [CosignatureFields, Hex]]>([
    ['QuorumNotReached', (network, fields) => [fields, certify(network, fields, keys.slice(0, 2))]],
    ['InvalidSignature', (network, fields) => [fields, certifyWith(keys[1], network, fields)]],
    ['InvalidSignature', (network, fields) => [fields, certifyWith(new Uint8Array(32).fill(9), network, fields)]],
    ['UnknownSigner', (network, fields) => [fields, certify(network, fields).replace(/^0x0/, '0x8') as Hex]],
    ['MalformedCertificate', (_network, fields) => [fields, '0x1234']],
    ['EpochNotCheckable', (network, fields) => [{ ...fields, epoch: fields.epoch + 5 }, certify(network, fields)]],
    ['EmptyBatch', (network, fields) => [{ ...fields, count: 0 }, certify(network, fields)]],
  ])('refuses with %s', async (code, forge) => {
    const { chain } = get();
    const network = await chain.network();
    const [fields, certificate] = forge(network, nextFields(network));
    const outcome = await chain.post(fields, certificate);
    expect(outcome).toMatchObject({ status: 'refused', code });
  });

  it('reads agreement keys', async () => {
    const { chain, setAgreementKey } = get();
    expect(await chain.agreementKeyOf(`0x${'01'.repeat(20)}`)).toBeUndefined();
    const key: Hex = `0x${'c4'.repeat(32)}`;
    expect(await chain.agreementKeyOf(await setAgreementKey(key))).toBe(key);
  });
}

describe('in memory', () => {
  const network: Network = { chainId: 31_337, hub: `0x${'ab'.repeat(20)}`, epoch: 1, members, policiesDigest };
  let timeMs = 0;
  const ledger = new MemoryLedger(network, { clock: { nowMs: () => timeMs }, graceMs: 1 });
  const participant: Hex = `0x${'02'.repeat(20)}`;
  chainContract(() => ({
    chain: ledger.chain(`0x${'11'.repeat(20)}`),
    another: ledger.chain(`0x${'22'.repeat(20)}`),
    setAgreementKey: async (key) => {
      ledger.setAgreementKey(participant, key);
      return participant;
    },
    nowMs: async () => ++timeMs,
  }));
});

describe('on anvil', () => {
  let server: ServerProcess;
  let deployed: Deployed;
  let chain: Chain;
  let another: Chain;
  const connect = (transmitterKey?: Hex) =>
    connectEvmChain({ rpcUrl: server.url, ...deployed, ...(transmitterKey === undefined ? {} : { transmitterKey }) });

  beforeAll(async () => {
    server = await startAnvil({ blockTimeSeconds: 0.2 });
    deployed = await deployContracts({
      rpcUrl: server.url,
      deployerKey: anvilAccountKey(0),
      operators: [...operators].reverse(),
      policiesDigest,
    });
    chain = connect(anvilAccountKey(1));
    another = connect(anvilAccountKey(2));
  }, slow);

  afterAll(() => server.stop());

  chainContract(() => ({
    chain,
    another,
    setAgreementKey: async (agreementKey) => {
      await publishAgreementKey({
        rpcUrl: server.url,
        keystore: deployed.keystore,
        privateKey: anvilAccountKey(3),
        agreementKey,
      });
      return addressOf(fromHex(anvilAccountKey(3)));
    },
    nowMs: async () => Number((await evmClient(server.url).getBlock()).timestamp) * 1_000,
  }));

  it('lets two processes share one transmitter account', { timeout: slow }, async () => {
    const twins = [connect(anvilAccountKey(4)), connect(anvilAccountKey(4))];
    const network = await chain.network();
    const all = twins.flatMap((twin) => [1, 2].map(() => ({ twin, fields: nextFields(network) })));
    const outcomes = await Promise.all(all.map(({ twin, fields }) => twin.post(fields, certify(network, fields))));
    for (const { fields } of all) expect(await chain.postedBatch(fields.epoch, fields.sequence, 1)).toBeDefined();
    expect(outcomes.every(({ status }) => status === 'posted' || status === 'known')).toBe(true);
  });

  it('replaces a transaction of its account that an earlier process left behind', { timeout: slow }, async () => {
    const own = await startAnvil({ blockTimeSeconds: 0.2 });
    const there = await deployContracts({
      rpcUrl: own.url,
      deployerKey: anvilAccountKey(0),
      operators,
      policiesDigest,
    });
    const left = addressOf(fromHex(anvilAccountKey(5)));
    await rpc(own.url, 'evm_setIntervalMining', [0]);
    await rpc(own.url, 'anvil_impersonateAccount', [left]);
    const cheap = { from: left, to: left, gas: '0x5208', maxFeePerGas: '0x77359400', maxPriorityFeePerGas: '0x1' };
    await rpc(own.url, 'eth_sendTransaction', [cheap]);
    await rpc(own.url, 'anvil_stopImpersonatingAccount', [left]);
    await rpc(own.url, 'anvil_setNextBlockBaseFeePerGas', ['0x12a05f2000']);
    await rpc(own.url, 'evm_setIntervalMining', [1]);
    const onIt = connectEvmChain({ rpcUrl: own.url, ...there, transmitterKey: anvilAccountKey(5) });
    const network = await onIt.network();
    const fields = nextFields(network);
    expect((await onIt.post(fields, certify(network, fields))).status).toBe('posted');
    await own.stop();
  });

  it('uses the lowest free nonce when it waits behind one that no block will use', { timeout: slow }, async () => {
    const proxy = await countingOneMore(server.url);
    const onIt = connectEvmChain({
      rpcUrl: proxy.url,
      ...deployed,
      transmitterKey: anvilAccountKey(7),
      transmitter: { rules: { replaceAfterMs: 1_000 } },
    });
    const network = await onIt.network();
    const fields = nextFields(network);
    expect((await onIt.post(fields, certify(network, fields))).status).toBe('posted');
    await proxy.close();
  });

  it('reports that a transmitter has no funds, and that there is none', async () => {
    const network = await chain.network();
    const fields = nextFields(network);
    const poor = connectEvmChain({
      rpcUrl: server.url,
      ...deployed,
      transmitterKey: `0x${'0f'.repeat(32)}`,
      transmitter: { giveUpAfterMs: 2_000 },
    });
    await expect(poor.post(fields, certify(network, fields))).rejects.toThrow(/not enough funds for gas/);
    await expect(connect().post(fields, certify(network, fields))).rejects.toThrow(/no transmitter key/);
  });

  it('refuses a hub and a registry that do not belong together', async () => {
    const second = await deployContracts({
      rpcUrl: server.url,
      deployerKey: anvilAccountKey(6),
      operators: operators.slice(0, 1),
      policiesDigest,
    });
    await expect(
      connectEvmChain({ rpcUrl: server.url, hub: deployed.hub, registry: second.registry }).network(),
    ).rejects.toThrow(/config digest/);
    await expect(
      connectEvmChain({ rpcUrl: server.url, hub: deployed.hub, registry: deployed.hub }).network(),
    ).rejects.toThrow(/could not be read for the current epoch/);
  });

  it('rejects while the RPC is down, and continues when it is back', { timeout: slow }, async () => {
    const own = await startAnvil({ blockTimeSeconds: 0.2 });
    const there = await deployContracts({
      rpcUrl: own.url,
      deployerKey: anvilAccountKey(0),
      operators,
      policiesDigest,
    });
    const onIt = connectEvmChain({
      rpcUrl: `http://127.0.0.1:1,${own.url}`,
      ...there,
      transmitterKey: anvilAccountKey(1),
    });
    expect((await onIt.network()).epoch).toBe(1);
    await own.kill();
    await expect(onIt.highestSequence(1)).rejects.toThrow(/could not be read/);
    await own.restart();
    await deployContracts({ rpcUrl: own.url, deployerKey: anvilAccountKey(0), operators, policiesDigest });
    await eventually('the chain to be back', async () => (await onIt.highestSequence(1)) === 0);
    await own.stop();
  });
});

/** An RPC that reports one more pending transaction for each account than there is. */
async function countingOneMore(url: string): Promise<HttpServer & { readonly url: string }> {
  const proxy = await startHttpServer({
    port: 0,
    bodyBytesMax: 1_000_000,
    routes: [
      {
        method: 'POST',
        path: '/',
        handler: async ({ body }) => {
          const answer = await fetch(url, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify(body),
          });
          const said = (await answer.json()) as { result?: string };
          const asked = JSON.stringify(body);
          const lie = asked.includes('eth_getTransactionCount') && asked.includes('pending');
          return { status: 200, body: lie ? { ...said, result: `0x${(Number(said.result) + 1).toString(16)}` } : said };
        },
      },
    ],
  });
  return { ...proxy, url: `http://127.0.0.1:${proxy.port}` };
}

async function rpc(url: string, method: string, params: readonly unknown[]): Promise<void> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  });
  const body = (await answer.json()) as { error?: { message: string } };
  if (body.error !== undefined) throw new Error(`${method}: ${body.error.message}`);
}
