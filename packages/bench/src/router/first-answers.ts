/** What the Router adds to an answer: the same question asked at a miner, and through the Router before three of them. */
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { standIn, standInStream } from '@assay/cli/miner/models';
import { serveMiner } from '@assay/cli/miner/serve-miner';
import { standInModel } from '@assay/cli/miner/stand-in';
import type { LocalNetwork } from '@assay/cli/network/local-network';
import { routerEnvironment } from '@assay/cli/network/local-router';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { addressOf, signDigest } from '@assay/protocol/signature/signature';
import { type Spread, spreadOf } from '../spread.ts';

const minersCount = 3;
/** What a miner thinks before it says anything. */
export const thinkingMs = 200;

/** Milliseconds from request to the end of the answer's text. */
export interface AnswerTimes {
  readonly miner: Spread;
  /** By mode of the Router. */
  readonly optimistic: Spread;
  readonly off: Spread;
}

interface Server {
  readonly port: number;
  close(): Promise<void>;
}

/** Asks by turns, so that what slows the machine slows all alike. */
export async function measureAnswers(network: LocalNetwork, rounds: number, signal: AbortSignal): Promise<AnswerTimes> {
  const { network: domain } = await network.gateway.readNetwork();
  const miners = await Promise.all(Array.from({ length: minersCount }, (_, index) => startMiner(index, domain)));
  try {
    const file = join(network.dir, 'bench-miners.json');
    await writeFile(file, JSON.stringify(miners.map(({ entry }) => entry)));
    const at = { gatewayUrl: network.gatewayUrl, rpcUrl: network.rpcUrl, ...network.contracts };
    const environment = {
      ...routerEnvironment(at, { miners: file, policy: 'checksum-only' }),
      REQUESTS_PER_MINUTE: '1000000',
    };
    const router = await network.start({ service: 'router', name: 'router', environment });
    const routerUrl = `http://127.0.0.1:${router.facts.httpPort}/v1`;
    const minerUrl = miners[0]?.entry.url ?? '';
    const times = { miner: [] as number[], optimistic: [] as number[], off: [] as number[] };
    // The first questions warm connections and code.
    for (let round = -2; round < rounds; round += 1) {
      const measured = {
        miner: await textTime(minerUrl, round, 'off', signal),
        optimistic: await textTime(routerUrl, round, 'optimistic', signal),
        off: await textTime(routerUrl, round, 'off', signal),
      };
      if (round < 0) continue;
      times.miner.push(measured.miner);
      times.optimistic.push(measured.optimistic);
      times.off.push(measured.off);
    }
    return { miner: spreadOf(times.miner, 1), optimistic: spreadOf(times.optimistic, 1), off: spreadOf(times.off, 1) };
  } finally {
    await Promise.all(miners.map(({ server }) => server.close()));
  }
}

/** A miner of the stand-in that thinks for {@link thinkingMs}. */
async function startMiner(index: number, domain: Parameters<typeof serveMiner>[0]['domain']) {
  const key = randomBytes(32);
  const address = addressOf(key);
  const server: Server = await serveMiner({
    port: 0,
    address,
    sign: async (digest: Hex) => signDigest(digest, key),
    domain,
    model: async (request, signal) => {
      await pause(thinkingMs, undefined, { signal });
      return standIn(index)(request, signal);
    },
    streaming: async function* (request, signal) {
      await pause(thinkingMs, undefined, { signal });
      yield* standInStream(index)(request, signal);
    },
    models: [standInModel],
  });
  const url = `http://127.0.0.1:${server.port}/v1`;
  return { server, entry: { name: `miner-${index}`, url, address, models: [standInModel] } };
}

/** Milliseconds until a stream has said that the text is at its end. Rejects where it never does. */
async function textTime(url: string, round: number, mode: string, signal: AbortSignal): Promise<number> {
  const sentMs = performance.now();
  const response = await fetch(`${url}/chat/completions`, {
    method: 'POST',
    signal,
    headers: {
      'content-type': 'application/json',
      'x-assay-mode': mode,
      'x-assay-reference': `bench-${mode}-${round}`,
    },
    body: JSON.stringify({
      model: standInModel,
      stream: true,
      messages: [{ role: 'user', content: `What is ${1_000 + round} + ${sentMs.toFixed(0)}?` }],
    }),
  });
  const decoder = new TextDecoder();
  let received = '';
  let endedMs: number | undefined;
  for await (const part of response.body ?? []) {
    received += decoder.decode(part, { stream: true });
    if (endedMs === undefined && /"finish_reason": ?"stop"/.test(received)) endedMs = performance.now();
  }
  if (endedMs === undefined) throw new Error(`${url} answered ${response.status} in mode ${mode} and no whole text.`);
  return endedMs - sentMs;
}
