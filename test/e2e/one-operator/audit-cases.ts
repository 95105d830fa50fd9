/** The audit log of a running network: what is in it, on chain, and found when somebody changes it. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeAnchor } from '@assay/protocol/audit/anchor';
import { type AuditRecord, auditDigest, recordsBehind } from '@assay/protocol/audit/record';
import { subjects } from '@assay/protocol/bus/subjects';
import { encodeMessage } from '@assay/protocol/encoding/decode';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { transmittersOf } from '../../../packages/cli/src/commands/up-command.ts';
import { eventually } from '../../integration/eventually.ts';
import { makeWorkplace, type Workplace } from '../assay-command.ts';
import type { WatchedNetwork } from '../watched-network.ts';

const marker = 'zanzibarquux';

/** Needs a network that is there when the tests start. The last test breaks its audit log. */
export function auditTests(networkOf: () => WatchedNetwork): void {
  let network: WatchedNetwork;
  let place: Workplace;
  let onBus: string[];
  let onChain: string[];

  beforeAll(async () => {
    network = networkOf();
    place = await makeWorkplace();
    onBus = ['--nats', network.servers.nats.url];
    const { hub } = network.contracts;
    onChain = ['--rpc', network.rpcUrl, '--hub', hub, '--transmitter', ...(await transmittersOf(network))];
  });

  afterAll(() => place.remove());

  const post = (body: unknown, headers: Record<string, string> = {}) =>
    fetch(`${network.gatewayUrl}/v1/tasks`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });

  async function exported(): Promise<AuditRecord[]> {
    const { code, stdout, stderr } = await place.run('audit', 'export', ...onBus);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    return stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
  }

  async function verified(...args: string[]) {
    const { code, stdout, stderr } = await place.run('audit', 'verify', ...args, '--json');
    expect(stderr).toBe('');
    return { code, ...JSON.parse(stdout) };
  }

  it('has each refusal with its trace and without its content, and its head on chain with the next batch', async () => {
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const what = 'POST /v1/tasks';
    type Records = Awaited<ReturnType<typeof exported>>;
    const malformed = (records: Records) =>
      records
        .filter((one) => one.what === what && one.result === 'malformed')
        .reduce((sum, { times }) => sum + times, 0);
    const before = malformed(await exported());
    const refused = await post({ prompt: marker }, { traceparent: `00-${traceId}-b7ad6b7169203331-01` });
    expect(refused.status).toBe(400);
    expect((await post(`{"${marker}`)).status).toBe(400);
    expect((await fetch(`${network.gatewayUrl}/v1/${marker}`)).status).toBe(404);
    const records = await eventually('the records', async () => {
      const found = await exported();
      return found.some(({ what }) => what === 'GET -') ? found : undefined;
    });
    const said = { service: 'gateway', instance: 'gateway', kind: 'refusal', who: 'net 127.0.0.0/24' };
    expect(records).toContainEqual(expect.objectContaining({ ...said, what, result: 'malformed', traceId }));
    // Equal refusals that come together have one record. Other tests of this network may have caused some before.
    expect(malformed(records) - before).toBe(2);
    expect(JSON.stringify(records)).not.toContain(marker);

    await network.gateway.submitTask({
      reference: 'anchored',
      prompt: 'What is 2 + 2?',
      submissions: ['2 + 2 is 4.', 'It is 4.'].map((output, index) => ({ miner: `m-${index}`, output })),
    });
    const result = await eventually('the anchor', async () => {
      const one = await verified(...onBus, ...onChain);
      return one.anchored?.number >= records.length ? one : undefined;
    });
    expect(result).toMatchObject({ code: 0, holds: true, first: 1, isCompared: true });
    const plain = await place.run('audit', 'verify', ...onBus, ...onChain);
    expect(plain.stdout).toContain('hold: none was changed, left out or moved.');
  });

  it('in an export names the record that was changed, left out or moved, and an end that is missing', async () => {
    const records = await exported();
    const file = join(place.folder, 'records.jsonl');
    const check = async (changed: readonly unknown[]) => {
      await writeFile(file, changed.map((one) => `${JSON.stringify(one)}\n`).join(''));
      const { code, broken } = await verified(file, ...onChain);
      return [code, broken?.number, broken?.kind];
    };
    const [first, second] = records;
    if (first === undefined || second === undefined) throw new Error('There are at least two records.');
    expect(await check(records)).toEqual([0, undefined, undefined]);
    expect(await check([first, { ...second, who: 'nobody' }, ...records.slice(2)])).toEqual([1, 2, 'changed']);
    expect(await check(records.slice(1))).toEqual([1, 1, 'missing']);
    expect(await check([second, first, ...records.slice(2)])).toEqual([1, 1, 'missing']);
    expect(await check([first])).toEqual([1, 2, 'missing']);
    const other = { ...first, who: 'nobody' };
    expect(await check([{ ...other, digest: auditDigest(other) }, ...records.slice(1)])).toEqual([
      1,
      1,
      'not-continued',
    ]);
    // Whoever makes the whole log anew is found by the chain alone.
    const others = [other, ...records.slice(1)].map((record) => {
      const { number: _, previous: __, digest: ___, ...entry } = record;
      return entry;
    });
    const anew = recordsBehind({ number: 0, digest: first.previous }, others);
    expect(await check(anew)).toEqual([1, 1, 'not-as-anchored']);
    await writeFile(file, '{"number":1}\n');
    expect((await verified(file)).broken).toMatchObject({ number: 1, kind: 'unreadable' });
    expect((await place.run('audit', 'verify', file, '--hub', 'x')).code).toBe(2);
  });

  it('is 48 bytes behind the call of a post, and costs less than 1,000 gas', async () => {
    const { anchored } = await verified(...onBus, ...onChain);
    const { input, to, from, block } = await transactionOf(anchored.transactionHash);
    const anchor = encodeAnchor(anchored).slice(2);
    expect(input.endsWith(anchor)).toBe(true);
    const before = `0x${(Number(block) - 1).toString(16)}`;
    const gasOf = async (data: string) => Number(await rpc('eth_estimateGas', [{ from, to, data }, before]));
    const cost = (await gasOf(input)) - (await gasOf(input.slice(0, -anchor.length)));
    expect(cost).toBeGreaterThan(0);
    expect(cost).toBeLessThan(1_000);
  });

  async function rpc(method: string, params: readonly unknown[]): Promise<unknown> {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(network.rpcUrl, { method: 'POST', headers, body });
    return Reflect.get(Object(await answer.json()), 'result');
  }

  async function transactionOf(hash: string) {
    const found = Object(await rpc('eth_getTransactionByHash', [hash]));
    return { input: `${found.input}`, to: `${found.to}`, from: `${found.from}`, block: `${found.blockNumber}` };
  }

  it('on the stream names the record that was changed', async () => {
    const records = await exported();
    const nc = await connect({ servers: network.servers.nats.url });
    try {
      const manager = await jetstreamManager(nc);
      await manager.streams.purge('RECORDS');
      for (const record of records) {
        const changed = record.number === 2 ? { ...record, times: record.times + 1 } : record;
        await network.bus.publish(subjects.recordsOf(record.service), encodeMessage([changed]));
      }
      const { code, broken } = await verified(...onBus, ...onChain);
      expect([code, broken]).toEqual([1, expect.objectContaining({ number: 2, kind: 'changed' })]);
    } finally {
      await nc.close();
    }
  });
}
