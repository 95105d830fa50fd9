/** The phases of a task, from the server's timestamps of its messages. */

import type { StreamName } from '@assay/protocol/bus/subjects';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { type Network, totalWeight, weightOf } from '@assay/protocol/network/validator-set';
import type { Bus, BusMessage } from '@assay/protocol/ports';
import { isQuorum } from '@assay/protocol/report/quorum';
import { benchRoles } from './bench-roles.ts';

/** Milliseconds of each phase of one task; the server's times are whole milliseconds. */
export interface Phases {
  /** From the task on the stream to observations of a quorum in every role. */
  readonly observed: number;
  /** From those to the proposal that holds the task. */
  readonly proposed: number;
  /** From the proposal to cosignatures of a quorum. */
  readonly cosigned: number;
}

/** How many messages the streams hold, and their bytes. */
export interface Traffic {
  readonly stream: StreamName;
  readonly messages: number;
  readonly bytes: number;
}

/** Everything that the streams show about a run. */
export interface StreamsRead {
  readonly phases: ReadonlyMap<Hex, Phases>;
  readonly traffic: readonly Traffic[];
}

const measured = ['TASKS', 'OBSERVATIONS', 'PROPOSALS', 'COSIGNATURES', 'REPORTS'] as const;

/** Current sequences of the measured streams, to read from later. */
export async function streamPositions(bus: Bus): Promise<Record<string, number>> {
  return Object.fromEntries(await Promise.all(measured.map(async (name) => [name, await bus.lastSequence(name)])));
}

/** Reads the messages after `positions`, after the run, so that reading does not disturb it. */
export async function readStreams(
  bus: Bus,
  network: Network,
  positions: Readonly<Record<string, number>>,
): Promise<StreamsRead> {
  const all = await Promise.all(measured.map((name) => readFrom(bus, name, (positions[name] ?? 0) + 1)));
  const [tasks, observations, proposals, cosignatures] = all;
  const observedAt = quorumTimes(network, observations ?? [], ({ subject }) => {
    const [, , , taskId, role, operator] = subject.split('.');
    return { key: `0x${taskId}`, part: role ?? '', operator: `0x${operator}` };
  });
  const cosignedAt = quorumTimes(network, cosignatures ?? [], ({ subject }) => {
    const [, , , batchId, operator] = subject.split('.');
    return { key: batchId ?? '', part: '', operator: `0x${operator}` };
  });
  const proposalOf = new Map<Hex, { atMs: number; batchId: string }>();
  for (const { data, subject, timestampMs } of proposals ?? []) {
    const { entries } = JSON.parse(new TextDecoder().decode(data)) as { entries: { taskId: Hex }[] };
    for (const { taskId } of entries)
      proposalOf.set(taskId, { atMs: timestampMs, batchId: subject.split('.')[3] ?? '' });
  }
  const phases = new Map<Hex, Phases>();
  for (const { subject, timestampMs } of tasks ?? []) {
    const taskId: Hex = `0x${subject.split('.')[3]}`;
    const proposal = proposalOf.get(taskId);
    const observed = observedAt(taskId, benchRoles.length);
    const cosigned = proposal === undefined ? undefined : cosignedAt(proposal.batchId, 1);
    if (proposal === undefined || observed === undefined || cosigned === undefined) continue;
    phases.set(taskId, {
      observed: observed - timestampMs,
      proposed: Math.max(0, proposal.atMs - observed),
      cosigned: Math.max(0, cosigned - proposal.atMs),
    });
  }
  const traffic = measured.map((stream, index) => ({
    stream,
    messages: all[index]?.length ?? 0,
    bytes: (all[index] ?? []).reduce((sum, { data }) => sum + data.length, 0),
  }));
  return { phases, traffic };
}

async function readFrom(bus: Bus, stream: StreamName, fromSequence: number): Promise<BusMessage[]> {
  const last = await bus.lastSequence(stream);
  const messages: BusMessage[] = [];
  if (last < fromSequence) return messages;
  const done = new AbortController();
  for await (const message of bus.follow(stream, { fromSequence }, done.signal)) {
    messages.push(message);
    if (message.sequence >= last) done.abort();
  }
  return messages;
}

/** When a quorum of the weight was reached in each of `parts` groups; undefined if it was not reached in all. */
function quorumTimes(
  network: Network,
  messages: readonly BusMessage[],
  read: (message: BusMessage) => { key: string; part: string; operator: string },
): (key: string, parts: number) => number | undefined {
  const total = totalWeight(network);
  const weights = new Map<string, Map<string, bigint>>();
  const reached = new Map<string, number[]>();
  for (const message of messages) {
    const { key, part, operator } = read(message);
    const ofKey = weights.get(key) ?? new Map<string, bigint>();
    weights.set(key, ofKey);
    const before = ofKey.get(part) ?? 0n;
    const after = before + (weightOf(network, operator as Hex) ?? 0n);
    ofKey.set(part, after);
    if (isQuorum(before, total) || !isQuorum(after, total)) continue;
    reached.set(key, [...(reached.get(key) ?? []), message.timestampMs]);
  }
  return (key, parts) => {
    const times = reached.get(key) ?? [];
    return times.length < parts ? undefined : Math.max(...times);
  };
}
