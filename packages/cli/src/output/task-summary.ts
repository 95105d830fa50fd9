/** The readable output for one task: its submissions, scores, verdicts, signers, gas, transaction. */

import { honestLabel } from '@assay/checks/calibration/calibration-data';
import { type Divergence, divergencesOf } from '@assay/checks/checksum/checksum-check';
import { utf8 } from '@assay/protocol/encoding/bytes';
import { isInEveryPolicy, type Role, roles } from '@assay/protocol/observation/role';
import { rolesOf } from '@assay/protocol/policy/policy';
import type { StatedEvidence } from '@assay/protocol/report/explanation';
import type { Grounds } from '@assay/protocol/report/grounds';
import type { Verdict } from '@assay/protocol/report/report';
import { verdictReasons } from '@assay/protocol/report/verdict-reasons';
import type { JudgedTask } from '../tasks/judge-tasks.ts';
import { resultsOf } from '../verdicts/verdict-line.ts';
import { whyLines } from './grounds-summary.ts';
import { counted, paint, tableOf } from './terminal.ts';

const verdictStyle = { accept: 'green', reject: 'red', abstain: 'yellow' } as const satisfies Record<Verdict, string>;

/** What is known of each submission beyond its verdict, in order. */
export interface Behind {
  /** The words that decided. */
  readonly grounds?: readonly Grounds[][];
  /** What operators state. */
  readonly evidence?: readonly StatedEvidence[][];
}

/** Lines for people: why each verdict is not accept; with the words that decided and what operators found, where they are given. */
export function accountOf(judged: JudgedTask, { grounds = [], evidence = [] }: Behind = {}): string[] {
  const { task, taskId, sealed, policy } = judged;
  const title = `${paint('bold', task.task)}  ${paint('dim', `${taskId.slice(0, 18)}…${sealed ? '  sealed' : ''}`)}`;
  const prompt = `  ${paint('dim', firstLine(task.prompt, 96))}`;
  const results = resultsOf(judged);
  if (results === undefined) return [title, prompt, `  ${paint('red', judged.unproven ?? 'no report')}`, ''];
  const hasLabels = task.submissions.some((one) => one.label !== undefined);
  const shown = policy === undefined ? roles.filter(isInEveryPolicy) : rolesOf(policy);
  const before = ['', 'miner', ...(hasLabels ? ['label'] : []), 'verdict'];
  const head = [...before, ...shown, 'flags'].map((cell) => paint('dim', cell));
  const observers = (role: Role) => judged.report?.observations.filter((one) => one.role === role).length ?? 0;
  const divergences = divergencesOf(task.submissions.map(({ output }) => ({ bytes: utf8(output) })));
  const rows = task.submissions.map((submission, index) => {
    const result = results[index];
    const verdict = result?.verdict ?? 'abstain';
    return [
      '',
      submission.miner,
      ...(hasLabels ? [submission.label ?? ''] : []),
      verdictCell(verdict, submission.label),
      ...shown.map((role) => scoreOf(result?.scores[role])),
      paint('dim', flagsOf(result?.flags ?? {}, divergences[index])),
    ];
  });
  return [
    title,
    prompt,
    ...tableOf(
      [head, ...rows],
      shown.map((_, index) => before.length + index),
    ),
    ...task.submissions.flatMap(({ miner }, index) => {
      const result = results[index];
      const reasons = policy === undefined || result === undefined ? [] : verdictReasons(policy, result);
      return whyLines(miner, { reasons, grounds: grounds[index] ?? [], stated: evidence[index] ?? [], observers });
    }),
    ...certificateLines(judged),
    '',
  ];
}

function verdictCell(verdict: Verdict, label: string | undefined): string {
  const wrong = label !== undefined && verdict !== 'abstain' && (label === honestLabel) !== (verdict === 'accept');
  return paint(verdictStyle[verdict], verdict) + (wrong ? paint('red', ' (wrong)') : '');
}

function scoreOf(score: number | undefined): string {
  return score === undefined ? '-' : (score / 10_000).toFixed(2);
}

/** The flags, each once. For a deterministic run, the divergence flag names the first chunk that differs. */
function flagsOf(
  flags: Partial<Record<Role, readonly string[] | undefined>>,
  divergence: Divergence | undefined,
): string {
  const place = divergence === undefined ? '' : ` from chunk ${divergence.chunk} of ${divergence.chunks} on`;
  return [...new Set(roles.flatMap((role) => flags[role] ?? []))]
    .map((flag) => (flag === 'deterministic-divergence' ? `${flag}${place}` : flag))
    .join(', ');
}

function certificateLines({ report, unproven }: JudgedTask): string[] {
  if (report === undefined) return [`  ${paint('yellow', 'not certified')}`];
  const { transaction, signers, count } = report;
  const gas = `gas ${transaction.gasUsed.toLocaleString('en')}${count > 1 ? ` (${Math.round(transaction.gasUsed / count).toLocaleString('en')} a report)` : ''}`;
  const batch = `batch ${report.epoch}-${report.sequence} of ${counted(count, 'report')}`;
  const proof = unproven === undefined ? paint('green', 'proven on chain') : paint('red', `not proven: ${unproven}`);
  return [
    `  ${paint('dim', 'signed by')} ${signers.map((signer) => signer.slice(0, 8)).join(' ')}  ${paint('dim', `${batch}  ${gas}`)}`,
    `  ${paint('dim', 'transaction')} ${transaction.hash}  ${paint('dim', `block ${transaction.blockNumber}`)}  ${proof}`,
  ];
}

function firstLine(text: string, charactersMax: number): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length <= charactersMax ? line : `${line.slice(0, charactersMax - 1)}…`;
}
