/** The bare JetStream baseline: the messages of one report, without anything that produces or reads their content. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BaselineRun, runNatsBaseline, type StreamLoad } from '@assay/adapters/nats/jetstream-baseline';
import { startNats } from '@assay/adapters/process/server-programs';
import type { BenchPace } from './bench-network.ts';
import { benchRoles } from './bench-roles.ts';
import type { Traffic } from './phases.ts';

const units = 2_000;
/** One content for each submission and prompt. */
const contentBytes = 250;
/** Streams of which single messages are read; nobody follows them. */
const unread = ['REPORTS'];

/** Sends the traffic of a measured mode through a server of its own. */
export async function measureBareJetStream(
  traffic: readonly Traffic[],
  pace: BenchPace,
  submissions: number,
): Promise<BaselineRun> {
  const dir = await mkdtemp(join(tmpdir(), 'assay-bench-'));
  const nats = await startNats({ dir });
  try {
    return await runNatsBaseline(nats.url, loadsOf(traffic, pace, submissions), units);
  } finally {
    await nats.stop();
    await rm(dir, { recursive: true, force: true });
  }
}

/**
 * The readers of each stream: validators share durable consumers, aggregators follow, and the bench watches for
 * certificates.
 */
export function loadsOf(traffic: readonly Traffic[], pace: BenchPace, submissions: number): StreamLoad[] {
  const workers: Readonly<Record<string, number>> = {
    TASKS: pace.operators * benchRoles.length,
    PROPOSALS: pace.operators,
  };
  const watchers: Readonly<Record<string, number>> = { PROPOSALS: 1, COSIGNATURES: 1 };
  const measured = traffic
    .filter(({ messages }) => messages > 0)
    .map(({ stream, messages, bytes }) => ({
      stream,
      perUnit: messages,
      bytes: Math.round(bytes / messages),
      workers: workers[stream] ?? 0,
      followers: unread.includes(stream) ? 0 : pace.aggregators + (watchers[stream] ?? 0),
    }));
  return [...measured, { stream: 'CONTENT', perUnit: submissions + 1, bytes: contentBytes, workers: 0, followers: 0 }];
}
