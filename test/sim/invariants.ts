/** What must hold at the end of every run, whatever the weather was and whoever lied. The only such list. */

import { describeEvent } from '@assay/aggregation/record/describe';
import { Replay } from '@assay/aggregation/record/recording';
import { type Proposal, proposalSchema } from '@assay/protocol/batch/proposal';
import { batchIdOf, type StreamName } from '@assay/protocol/bus/subjects';
import { decodeMessage } from '@assay/protocol/encoding/decode';
import { totalWeight, weightOf } from '@assay/protocol/network/validator-set';
import { differencesOf } from '@assay/protocol/observation/equivocation';
import { unpackMeasurements } from '@assay/protocol/observation/measurement';
import { roles } from '@assay/protocol/observation/role';
import type { BusMessage } from '@assay/protocol/ports';
import {
  type CertifiedReport,
  certifiedReportSchema,
  checkCertifiedReport,
  reportFieldsOf,
} from '@assay/protocol/report/certified-report';
import { isQuorum } from '@assay/protocol/report/quorum';
import { metrics } from '@assay/runtime/service/telemetry-names';
import { shareOfLiars } from './plan.ts';
import type { SimRun } from './simulation.ts';
import { honestScores, honestVerdict } from './stated-quality-check.ts';

/** A run with its streams read. */
export interface Evidence extends SimRun {
  readonly reports: readonly CertifiedReport[];
  readonly proposals: ReadonlyMap<number, Proposal>;
  readonly letters: readonly { readonly stream: string; readonly sequence: number; readonly code: string }[];
}

/** Yields a sentence for each violation. */
export type Invariant = (evidence: Evidence) => AsyncIterable<string> | Iterable<string>;

const invariants: Readonly<Record<string, Invariant>> = {
  'every task has exactly one certified report': oneReportEach,
  'every certificate is valid, here and on the ledger': certificatesHold,
  'no task is in two posted batches': oneBatchEach,
  'nothing is posted twice, and nothing posted is refused': postedOnce,
  'every verdict is the honest one, or abstain': honestVerdicts,
  'every score lies between two honest scores': honestMedians,
  'no honest operator equivocates': noEquivocation,
  'no honest operator cosigns a task in two batches of an epoch': cosignedOnce,
  'every piece of garbage and every refusal has a dead letter': deadLetters,
  'the books of the aggregators are empty': booksEmpty,
  'every recording of an aggregator replays to the same effects': sameEffects,
  'every process ends when it is told to': stopped,
};

/** All violations of a run, each with the invariant's name. */
export async function violationsOf(run: SimRun): Promise<string[]> {
  const evidence = await gather(run);
  const found: string[] = [];
  for (const [name, invariant] of Object.entries(invariants)) {
    for await (const violation of invariant(evidence)) found.push(`${name}: ${violation}`);
  }
  return found;
}

/** Reads what a run left on the streams. */
export async function gather(run: SimRun): Promise<Evidence> {
  const read = (stream: StreamName) => messagesOf(run, stream);
  // What is no report does not count as one.
  const reports = (await read('REPORTS')).flatMap(({ data, sequence }) => {
    if (run.network.witness.forgedReports.has(sequence)) return [];
    const decoded = decodeMessage(certifiedReportSchema, data);
    return decoded.ok ? [decoded.value] : [];
  });
  const proposals = new Map<number, Proposal>();
  for (const { sequence, data } of await read('PROPOSALS')) {
    const decoded = decodeMessage(proposalSchema, data);
    if (decoded.ok) proposals.set(sequence, decoded.value);
  }
  const letters = (await read('DEAD')).map(({ data }) => JSON.parse(new TextDecoder().decode(data)));
  return { ...run, reports, proposals, letters };
}

async function messagesOf({ network }: SimRun, stream: StreamName): Promise<BusMessage[]> {
  const messages: BusMessage[] = [];
  for (let after = 0; ; ) {
    const message = await network.clearBus.next(stream, 'assay.v1.>', after);
    if (message === undefined) return messages;
    messages.push(message);
    after = message.sequence;
  }
}

function* oneReportEach({ tasks, reports, network }: Evidence): Iterable<string> {
  // With liars of a third or more there may be silence.
  const { liars, total } = shareOfLiars(network.plan);
  const least = liars * 3n < total ? 1 : 0;
  for (const { task } of tasks) {
    const own = reports.filter((report) => report.task.taskId === task.taskId);
    // A broker that takes anything may have one report twice.
    const count = new Set(own.map(({ epoch, sequence, root }) => `${batchIdOf(epoch, sequence)}/${root}`)).size;
    if (count < least || count > 1) yield `task ${task.reference} has ${count} reports`;
  }
}

async function* certificatesHold({ reports, network }: Evidence): AsyncIterable<string> {
  const chain = network.ledger.chain();
  for (const report of reports) {
    const { epoch, sequence, task, signers, root } = report;
    const members = network.networks.find((one) => one.epoch === epoch) ?? network.example.network;
    const checked = checkCertifiedReport(members, [network.policyOf(members)], report);
    if (!checked.ok) yield `${task.reference}: ${checked.refusal.code}`;
    if ((await chain.postedBatch(epoch, sequence, 1))?.root !== root) yield `${task.reference}: another root is posted`;
    if (!(await chain.verifyReport(epoch, sequence, reportFieldsOf(report), report.proof)))
      yield `${task.reference}: the ledger does not prove it`;
    const weight = signers.reduce((sum, signer) => sum + (weightOf(members, signer) ?? 0n), 0n);
    if (!isQuorum(weight, totalWeight(members))) yield `${task.reference}: its signers are no quorum`;
  }
}

function* oneBatchEach({ network, proposals }: Evidence): Iterable<string> {
  const batchOf = new Map<string, number>();
  for (const { batch, outcome } of network.witness.posts) {
    if (outcome.status !== 'posted') continue;
    for (const { taskId } of proposals.get(batch.sequence)?.entries ?? []) {
      const other = batchOf.get(taskId);
      if (other !== undefined) yield `task ${taskId} is in batches ${other} and ${batch.sequence}`;
      batchOf.set(taskId, batch.sequence);
    }
  }
}

function* postedOnce({ network }: Evidence): Iterable<string> {
  const posted = new Set<number>();
  for (const { batch, outcome } of network.witness.posts) {
    // What comes too late for its epoch is refused: the next one takes its tasks over.
    if (outcome.status === 'refused' && outcome.code !== 'EpochNotCheckable')
      yield `batch ${batch.sequence} was refused: ${outcome.code}`;
    if (outcome.status !== 'posted') continue;
    if (posted.has(batch.sequence)) yield `batch ${batch.sequence}`;
    posted.add(batch.sequence);
  }
}

function* honestVerdicts({ tasks, reports }: Evidence): Iterable<string> {
  for (const { task, qualities } of tasks) {
    const results = reports.find((report) => report.task.taskId === task.taskId)?.results ?? [];
    for (const [index, { verdict }] of results.entries()) {
      const honest = honestVerdict[qualities[index] ?? 'unclear'];
      if (verdict !== 'abstain' && verdict !== honest)
        yield `${task.reference}, submission ${index}: ${verdict} instead of ${honest}`;
    }
  }
}

function* honestMedians({ tasks, reports, network }: Evidence): Iterable<string> {
  const { liars, total } = shareOfLiars(network.plan);
  if (liars * 3n >= total) return;
  for (const { task, qualities } of tasks) {
    const report = reports.find((one) => one.task.taskId === task.taskId);
    const epoch = network.networks.find((one) => one.epoch === report?.epoch) ?? network.example.network;
    for (const [index, { scores }] of (report?.results ?? []).entries()) {
      for (const role of roles) {
        const [least, most] = honestScores(role, qualities[index] ?? 'unclear', network.policyOf(epoch));
        const score = scores[role];
        if (score !== undefined && (score < least || score > most))
          yield `${task.reference}, submission ${index}: ${role} score ${score} is not in ${least}..${most}`;
      }
    }
  }
}

function* noEquivocation({ network, tasks }: Evidence): Iterable<string> {
  const first = new Map<string, { readonly score: number; readonly flags: number }[]>();
  for (const { taskId, role, operator, epoch, measurements } of network.witness.observations) {
    const count = tasks.find(({ task }) => task.taskId === taskId)?.qualities.length ?? 0;
    const unpacked = unpackMeasurements(measurements, count);
    const key = `${operator} as ${role} on ${taskId} in epoch ${epoch}`;
    if (!unpacked.ok) yield `${key}: ${unpacked.refusal.code}`;
    else if (!first.has(key)) first.set(key, unpacked.value);
    const method = { role, policy: network.example.policy };
    const differs = unpacked.ok && differencesOf(method, first.get(key) ?? [], unpacked.value).length > 0;
    if (differs) yield key;
  }
}

function* cosignedOnce({ network, proposals }: Evidence): Iterable<string> {
  const batchOf = new Map<string, string>();
  for (const { epoch, sequence, root, operator } of network.witness.cosignatures) {
    const batch = `${batchIdOf(epoch, sequence)}/${root}`;
    for (const { taskId } of proposals.get(sequence)?.entries ?? []) {
      const key = `${operator} for ${taskId} in epoch ${epoch}`;
      const other = batchOf.get(key) ?? batch;
      if (other !== batch) yield `${key}: ${other} and ${batch}`;
      batchOf.set(key, batch);
    }
  }
}

async function* deadLetters({ garbage, letters, network }: Evidence): AsyncIterable<string> {
  for (const { stream, sequence, kind } of garbage) {
    if (!letters.some((letter) => letter.stream === stream && letter.sequence === sequence))
      yield `${kind}, number ${sequence} of ${stream}, has none`;
  }
  const text = await network.telemetry.metricsText();
  for (const [, labels] of text.matchAll(new RegExp(`^${metrics.messages}(\\[.*\\]) `, 'gm'))) {
    const { stream, outcome, code } = Object.fromEntries(JSON.parse(labels ?? '[]'));
    if (outcome === 'reject' && !letters.some((letter) => letter.stream === stream && letter.code === code))
      yield `the refusal ${code} of ${stream} has none`;
  }
  const letterIds = letters.map(({ stream, sequence, code }) => `${stream} ${sequence} ${code}`);
  const doubled = letterIds.find((id, index) => letterIds.indexOf(id) !== index);
  // Whose broker forgets what it has stored cannot keep a letter from being repeated.
  const isRepeating = (network.plan.adversaries?.broker ?? 0) > 0;
  if (doubled !== undefined && !isRepeating) yield `${doubled} has two`;
}

function* booksEmpty({ network, proposals }: Evidence): Iterable<string> {
  const { liars, total } = shareOfLiars(network.plan);
  if (liars * 3n >= total) return;
  for (const [name, { books }] of network.aggregators) {
    if (books.tasks.open.size > 0) yield `${name} holds ${books.tasks.open.size} tasks`;
    for (const sequence of proposals.keys())
      if (books.batches.open.has(sequence)) yield `${name} holds batch ${sequence}`;
  }
}

function* sameEffects({ network }: Evidence): Iterable<string> {
  for (const [name, lines] of network.recordings) {
    const replay = new Replay();
    for (const line of lines) {
      const step = replay.next(line);
      if (step.kind === 'event' && !step.isSame) yield `${name}, event ${step.number}: ${describeEvent(step.event)}`;
    }
  }
}

function* stopped({ unstoppable }: Evidence): Iterable<string> {
  yield* unstoppable;
}
