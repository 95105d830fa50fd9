/** A proposal: a batch with the signed observations that it is derived from, so that each operator can recompute it. */
import { z } from 'zod';
import type { Hex } from '../encoding/bytes.ts';
import { decodeMessage } from '../encoding/decode.ts';
import { countSchema, digestSchema } from '../encoding/fields.ts';
import { limits } from '../limits.ts';
import { configDigest, type Network, totalWeight, weightOf } from '../network/validator-set.ts';
import {
  type CheckedObservation,
  checkObservation,
  digestOfObservation,
  type Observation,
  observationSchema,
} from '../observation/observation.ts';
import { roles } from '../observation/role.ts';
import { type Policy, policyDigest } from '../policy/policy.ts';
import { accepted, type Checked, refused } from '../refusal.ts';
import { deriveReport, isObservedByQuorum, type Report } from '../report/report.ts';
import { recoverSigner } from '../signature/signature.ts';
import type { CosignatureFields } from '../signature/typed-data.ts';
import type { Task } from '../task/task.ts';
import { type Batch, buildBatch, encodeResults, type ReportFields, reportLeaf } from './batch.ts';

/** Schema of a proposal on the bus. */
export const proposalSchema = z.strictObject({
  epoch: countSchema,
  sequence: countSchema,
  root: digestSchema,
  entries: z
    .array(
      z.strictObject({
        taskId: digestSchema,
        observations: z.array(observationSchema).max(limits.operatorsMax * roles.length),
      }),
    )
    .min(1)
    .max(limits.batchReportsMax),
});

export type Proposal = z.infer<typeof proposalSchema>;

/** Decodes a proposal from the stream. Refused if the sequence that it states is not its stream sequence. */
export function readProposal(message: { readonly data: Uint8Array; readonly sequence: number }): Checked<Proposal> {
  const decoded = decodeMessage(proposalSchema, message.data);
  if (!decoded.ok || decoded.value.sequence === message.sequence) return decoded;
  const detail = `The proposal says sequence ${decoded.value.sequence} but is number ${message.sequence} of its stream.`;
  return refused('wrong-sequence', detail, 'sequence');
}

/** One report of a proposal, recomputed. */
export interface ProposedReport {
  readonly task: Task;
  readonly policy: Policy;
  readonly report: Report;
  readonly fields: ReportFields;
  readonly observations: readonly Observation[];
}

/** A proposal whose reports were all recomputed and match its root. */
export interface CheckedProposal {
  readonly cosignature: CosignatureFields;
  readonly reports: readonly ProposedReport[];
  readonly batch: Batch;
}

/** A task of a proposal with the policy that it names. */
export interface ProposalTask {
  readonly task: Task;
  readonly policy: Policy;
}

/** The same with its deadline, server time in milliseconds. */
export interface DueTask extends ProposalTask {
  readonly deadlineMs: number;
}

/** What a proposal is checked against besides the network. */
export interface ProposalFacts {
  readonly tasks: ReadonlyMap<Hex, DueTask>;
  /** When the log took the proposal, server time in milliseconds. */
  readonly timestampMs: number;
  /** Observations that were checked before are not checked again. */
  readonly checkedBefore?: CheckedBefore;
}

/**
 * Recomputes a proposal: checks each observation, derives each report, and rebuilds the root. A proposal that passes
 * follows from its observations, whoever proposed it, and every honest operator that reads the same log comes to the same
 * result: it cosigns the first valid proposal of a task, and no other.
 */
export function checkProposal(
  network: Network,
  { tasks, timestampMs, checkedBefore }: ProposalFacts,
  proposal: Proposal,
): Checked<CheckedProposal> {
  if (proposal.epoch !== network.epoch) {
    return refused(
      'wrong-epoch',
      `The proposal is of epoch ${proposal.epoch}; this is epoch ${network.epoch}.`,
      'epoch',
    );
  }
  const recomputed: { readonly report: Recomputed; readonly deadlineMs: number }[] = [];
  const seen = new Set<Hex>();
  for (const entry of proposal.entries) {
    if (seen.has(entry.taskId))
      return refused('task-twice', `Task ${entry.taskId} is in the proposal twice.`, 'entries');
    seen.add(entry.taskId);
    const known = tasks.get(entry.taskId);
    if (known === undefined) return refused('unknown-task', `Task ${entry.taskId} is not on the stream.`, 'entries');
    const report = recomputeWith(network, known, entry.observations, checkedBefore ?? (() => undefined));
    if (!report.ok) return report;
    recomputed.push({ report: report.value, deadlineMs: known.deadlineMs });
  }
  const reports = recomputed.map(({ report }) => report.proposed);
  const batch = buildBatch(reports.map(({ fields }) => reportLeaf(fields)));
  if (batch.root !== proposal.root)
    return refused('wrong-root', 'The root is not that of the recomputed reports.', 'root');
  for (const { report, deadlineMs } of recomputed) {
    const due = checkDue(network, report, deadlineMs, timestampMs);
    if (!due.ok) return due;
  }
  return accepted({ cosignature: cosignatureFieldsOf(network, proposal), reports, batch });
}

/**
 * Whether a report may be certified at a time: at once when no missing observation could change a verdict; else from the
 * deadline on, with observations or absences of more than two thirds of the weight in every required role. Nobody can thus
 * prevent a verdict by omitting observations on which the others agree.
 */
function checkDue(
  network: Network,
  { proposed, checked }: Recomputed,
  deadlineMs: number,
  timestampMs: number,
): Checked<undefined> {
  const { report, policy } = proposed;
  if (report.final) return accepted(undefined);
  if (timestampMs < deadlineMs)
    return refused('too-early', `Task ${report.taskId} abstains before its deadline.`, 'entries');
  if (isObservedByQuorum(network, policy, checked)) return accepted(undefined);
  return refused('too-few-observed', `A role of task ${report.taskId} lacks the answers of a quorum.`, 'entries');
}

/** The earlier check of exactly this observation, including its signature; undefined if there was none. */
export type CheckedBefore = (observation: Observation) => CheckedObservation | undefined;

/** Derives the report of one task from observations; each is checked, and a second one of an operator and role refused. */
export function recompute(
  network: Network,
  { task, policy }: ProposalTask,
  observations: readonly Observation[],
): Checked<ProposedReport> {
  const recomputed = recomputeWith(network, { task, policy }, observations, () => undefined);
  return recomputed.ok ? accepted(recomputed.value.proposed) : recomputed;
}

/** A report with the observations that it was derived from. */
interface Recomputed {
  readonly proposed: ProposedReport;
  readonly checked: readonly CheckedObservation[];
}

function recomputeWith(
  network: Network,
  { task, policy }: ProposalTask,
  observations: readonly Observation[],
  checkedBefore: CheckedBefore,
): Checked<Recomputed> {
  const checked: CheckedObservation[] = [];
  const seen = new Set<string>();
  for (const observation of observations) {
    const key = `${observation.role} ${observation.operator}`;
    if (seen.has(key))
      return refused(
        'observation-twice',
        `Two observations by ${observation.operator} as ${observation.role}.`,
        'entries',
      );
    seen.add(key);
    const before = checkedBefore(observation);
    const result = before === undefined ? checkObservation(network, policy, task, observation) : accepted(before);
    if (!result.ok) {
      const { code, detail } = result.refusal;
      return refused(code, `Task ${task.taskId}, ${observation.role} by ${observation.operator}: ${detail}`, 'entries');
    }
    checked.push(result.value);
  }
  return accepted({ proposed: proposedReport(network, { task, policy }, checked), checked });
}

/** The report of one task from checked observations, at most one for each operator and role. */
export function proposedReport(
  network: Network,
  { task, policy }: ProposalTask,
  checked: readonly CheckedObservation[],
): ProposedReport {
  const report = deriveReport(network, policy, task, checked);
  const fields = { taskId: task.taskId, policyDigest: policyDigest(policy), results: encodeResults(report) };
  return { task, policy, report, fields, observations: checked.map(({ observation }) => observation) };
}

/**
 * Whether operators of a third of the weight or more have signed observations of a task in this epoch. With liars of less
 * than a third, an honest operator then took the task from the stream.
 */
export function hasHonestWitness(network: Network, taskId: Hex, observations: readonly Observation[]): boolean {
  const own = observations.filter((one) => one.taskId === taskId && one.epoch === network.epoch);
  const signed = own.filter((one) => recoverSigner(digestOfObservation(network, one), one.signature) === one.operator);
  const signers = new Set(signed.map(({ operator }) => operator));
  const weight = [...signers].reduce((sum, operator) => sum + (weightOf(network, operator) ?? 0n), 0n);
  return weight * 3n >= totalWeight(network);
}

/** What an operator signs when it cosigns a proposal. */
export function cosignatureFieldsOf(network: Network, proposal: Proposal): CosignatureFields {
  return {
    configDigest: configDigest(network),
    epoch: proposal.epoch,
    sequence: proposal.sequence,
    root: proposal.root,
    count: proposal.entries.length,
  };
}
