/** The checksum check: do the bytes match the commitment, is it the miner's, and do they match a deterministic run? */
import { type FlagName, flagWord } from '@assay/protocol/observation/flag';
import { type Measurement, scoreMax } from '@assay/protocol/observation/measurement';
import type { Policy } from '@assay/protocol/policy/policy';
import { submissionSigned } from '@assay/protocol/question/answer';
import { recoverSigner } from '@assay/protocol/signature/signature';
import type { SigningDomain } from '@assay/protocol/signature/typed-data';
import type { SubmissionEntry, Task } from '@assay/protocol/task/task';
import type { OutputContent, TaskContent } from '@assay/protocol/task/task-content';
import { chunkCount, chunkRoot, equalLeadingShare, firstDifferingChunk } from './chunk-merkle.ts';
import { isCommitmentTo } from './commitment.ts';

/** The check's input. */
export interface ChecksumCheckInput {
  readonly task: Task;
  readonly content: TaskContent;
  readonly policy: Policy;
  /** The chain and hub that miners' signatures are bound to. */
  readonly domain: SigningDomain;
}

const miners = /^0x[0-9a-f]{40}$/i;

/**
 * One measurement for each submission, in order: 10,000 if nothing is wrong, less if a deterministic run diverges,
 * otherwise 0.
 */
export function checksumCheck({ task, content, policy, domain }: ChecksumCheckInput): Measurement[] {
  const outputs = task.submissions.map((_, index) => content.outputs[index] ?? { problem: 'content-missing' as const });
  const reference = deterministicOutput(task, outputs);
  return task.submissions.map((submission, index) => {
    const output = outputs[index] ?? { problem: 'content-missing' as const };
    if ('problem' in output) return measured(0, [output.problem]);
    const flags = [
      ...commitmentFlags(submission, output.bytes, policy),
      ...modelFlags(task, submission),
      ...signatureFlags(task, submission, policy, domain),
    ];
    const share = reference === undefined ? scoreMax : equalLeadingShare(reference, output.bytes);
    const diverges = share < scoreMax;
    return measured(flags.length > 0 ? 0 : share, diverges ? [...flags, 'deterministic-divergence'] : flags);
  });
}

/** The output that most submissions of a deterministic run have; undefined without one, and for other runs. */
export function deterministicOutput(task: Task, outputs: readonly OutputContent[]): Uint8Array | undefined {
  return isDeterministic(task) ? referenceOf(outputs) : undefined;
}

/** True for a deterministic run, which must give every miner the same bytes: a model, a seed, temperature 0. */
function isDeterministic({ parameters }: Task): boolean {
  const { model, modelDigest, seed, temperatureMilli } = parameters;
  return (model !== undefined || modelDigest !== undefined) && seed !== undefined && temperatureMilli === 0;
}

/** The divergence of an output from the majority's. */
export interface Divergence {
  /** Index of the first chunk that differs, from 0. */
  readonly chunk: number;
  /** Chunks of the longer of the two. */
  readonly chunks: number;
}

/**
 * For each output, its divergence from the output of strictly more than half; undefined if it does not diverge, or
 * without a majority.
 */
export function divergencesOf(outputs: readonly OutputContent[]): (Divergence | undefined)[] {
  const reference = referenceOf(outputs);
  return outputs.map((output) => {
    if (reference === undefined || 'problem' in output) return undefined;
    const chunk = firstDifferingChunk(reference, output.bytes);
    if (chunk === undefined) return undefined;
    return { chunk, chunks: Math.max(chunkCount(reference.length), chunkCount(output.bytes.length)) };
  });
}

/** The output that strictly more than half of the submissions have, if there is one. */
function referenceOf(outputs: readonly OutputContent[]): Uint8Array | undefined {
  const groups = new Map<string, { count: number; readonly bytes: Uint8Array }>();
  for (const output of outputs) {
    if ('problem' in output) continue;
    const root = chunkRoot(output.bytes);
    const group = groups.get(root) ?? { count: 0, bytes: output.bytes };
    group.count++;
    groups.set(root, group);
    if (group.count * 2 > outputs.length) return group.bytes;
  }
  return undefined;
}

/** A commitment must be to the output. A missing one matters only if the policy requires it. */
export function commitmentFlags(
  { commitment }: SubmissionEntry,
  bytes: Uint8Array,
  policy: Policy,
): FlagName<'checksum'>[] {
  if (commitment === undefined) return policy.commitments === 'required' ? ['commitment-missing'] : [];
  return isCommitmentTo(commitment, bytes) ? [] : ['commitment-mismatch'];
}

/** If a miner states its model, it must be the one that the task pins. */
export function modelFlags({ parameters }: Task, { modelDigest }: SubmissionEntry): FlagName<'checksum'>[] {
  if (parameters.modelDigest === undefined || modelDigest === undefined) return [];
  return modelDigest === parameters.modelDigest ? [] : ['model-mismatch'];
}

/** A signature must be by the miner's address. A missing one matters only if the policy requires it. */
function signatureFlags(
  task: Task,
  submission: SubmissionEntry,
  policy: Policy,
  domain: SigningDomain,
): FlagName<'checksum'>[] {
  const { signature, miner } = submission;
  if (signature === undefined) return policy.submissionSignatures === 'required' ? ['miner-signature-invalid'] : [];
  if (!miners.test(miner)) return ['miner-signature-invalid'];
  return recoverSigner(submissionSigned(domain, task, submission), signature) === miner.toLowerCase()
    ? []
    : ['miner-signature-invalid'];
}

function measured(score: number, flags: readonly FlagName<'checksum'>[]): Measurement {
  return { score, flags: flagWord('checksum', flags) };
}
