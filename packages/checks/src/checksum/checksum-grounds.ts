/** What the checksum role holds against a submission, for people: the two digests, or where the bytes part. */

import type { Policy } from '@assay/protocol/policy/policy';
import { type Grounds, quotedCharsMax } from '@assay/protocol/report/grounds';
import { quoted, type TaskTexts, textAt } from '../segments/opposed-passage.ts';
import { commitmentFlags, deterministicOutput, modelFlags } from './checksum-check.ts';
import { type CommitmentKind, commitmentTo } from './commitment.ts';

/** The grounds on one submission; undefined where neither its content, its commitment nor its model is at fault. */
export function checksumGrounds(input: TaskTexts & { readonly policy: Policy }, index: number): Grounds | undefined {
  const { task, content, policy } = input;
  const submission = task.submissions[index];
  const output = content.outputs[index];
  if (submission === undefined || output === undefined || 'problem' in output) return undefined;
  const stated = commitmentFlags(submission, output.bytes, policy);
  const model = modelFlags(task, submission);
  const parting = partingOf(input, index);
  const flags = [...stated, ...model, ...(parting === undefined ? [] : (['deterministic-divergence'] as const))];
  if (flags.length === 0) return undefined;
  const { commitment } = submission;
  const kind = commitment?.slice(0, commitment.indexOf(':')) as CommitmentKind | undefined;
  return {
    role: 'checksum',
    evidence: flags.map((flag) => ({ flag })),
    against: [
      ...(stated.includes('commitment-mismatch') && kind !== undefined
        ? [`committed to ${commitment}, but the output is ${commitmentTo(output.bytes, kind)}`]
        : []),
      ...(model.length === 0
        ? []
        : [`names the model ${submission.modelDigest}, but the task pins ${task.parameters.modelDigest}`]),
    ],
    passages: [],
    ...parting,
  };
}

/** Where an output of a deterministic run leaves that of most others, and what these have there. */
function partingOf(input: TaskTexts, index: number): Pick<Grounds, 'passages' | 'opposed'> | undefined {
  const reference = deterministicOutput(input.task, input.content.outputs);
  const text = textAt(input, index);
  const other = input.content.outputs.findIndex((one) => 'bytes' in one && one.bytes === reference);
  const otherText = textAt(input, other);
  const miner = input.task.submissions[other]?.miner;
  if (text === undefined || otherText === undefined || miner === undefined || text === otherText) return undefined;
  let start = 0;
  while (start < text.length && text[start] === otherText[start]) start++;
  const passage = (of: string) => {
    const end = Math.min(of.length, start + quotedCharsMax);
    return { start: Math.min(start, of.length), end, text: quoted(of.slice(start, end)) };
  };
  return { passages: [{ ...passage(text), flagsLifted: [] }], opposed: { miner, ...passage(otherText) } };
}
