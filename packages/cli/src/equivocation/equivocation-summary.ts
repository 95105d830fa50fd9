/** The readable result of a search for an equivocation, and of its report on chain. */
import { flagNames } from '@assay/protocol/observation/flag';
import { scoreMax } from '@assay/protocol/observation/measurement';
import { paint, tableOf } from '../output/terminal.ts';
import type { Equivocation, Finding, RoleFinding } from './find-equivocation.ts';
import type { CaseReport, ExecutedCase } from './slash.ts';

/** The next step after a search without a report. */
export const nextStep =
  'Nothing was sent. Ask the operator first whether two versions ran at once. To report it: the same call with --slashing 0x… and --key-file <file>, of an account that pays the gas and is paid when the case is executed.';

/** Lines for people about all roles. */
export function accountOfFinding({ suspect, task, roles, complete }: Finding): string[] {
  return [
    `operator  ${suspect.operator}`,
    `task      ${suspect.taskId}`,
    ...roles.flatMap((finding) => [
      `${finding.role.padEnd(10)}${summaryOf(finding)}${refusedText(finding)}`,
      ...(finding.equivocation === undefined
        ? []
        : accountOfEquivocation(
            finding.equivocation,
            task.submissions.map(({ miner }) => miner),
          )),
    ]),
    ...(complete ? [] : [paint('yellow', 'There are more messages than were read: call again with more --messages.')]),
  ];
}

/** One sentence on the result for a role. */
export function summaryOf({ messages, signed, equivocation }: RoleFinding): string {
  if (equivocation !== undefined) {
    const [first, second] = equivocation.sequences;
    return paint('red', `EQUIVOCATION in epoch ${equivocation.epoch}: OBSERVATIONS ${first} and ${second}`);
  }
  if (messages === 0) return 'nothing: there is no observation';
  if (signed === 0) return 'nothing: the operator has signed none of the messages';
  if (signed === 1) return 'one observation: nothing to compare it with';
  return `an honest repeat: ${signed} observations with the same votes, or scores within the tolerance, or content missing`;
}

/** Lines for people about the contract's answer to a report. */
export function accountOfReport(report: CaseReport): string[] {
  if (report.status === 'refused') return refusalLines(report);
  return [
    `reported  case ${report.caseId}`,
    `          transaction ${report.transaction}`,
    `          can be executed from ${dateOf(report.executableFrom)}: the same call with --execute`,
  ];
}

/** Lines for people about the execution of a case. */
export function accountOfExecution(executed: ExecutedCase): string[] {
  const title = `case      ${executed.caseId}  ${executed.role}, epoch ${executed.epoch}`;
  if (executed.status === 'refused') return [title, ...refusalLines(executed)];
  return [
    title,
    `executed  transaction ${executed.transaction}`,
    `          taken ${executed.taken} of the stake, of which the reporter ${executed.reporter} got ${executed.reward} (smallest units of the token)`,
  ];
}

/** Seconds since 1970 as an ISO date. */
function dateOf(seconds: number): string {
  return new Date(seconds * 1_000).toISOString().replace('.000Z', 'Z');
}

function refusalLines(refusal: {
  readonly code: string;
  readonly detail: string;
  readonly advice: string;
  readonly executableFrom?: number;
}): string[] {
  const { code, detail, advice, executableFrom } = refusal;
  return [
    `${paint('red', 'refused')}   ${detail.startsWith(code) ? detail : `${code}: ${detail}`}`,
    `          ${advice}`,
    ...(executableFrom === undefined ? [] : [`          its dispute window is over from ${dateOf(executableFrom)} on`]),
  ];
}

function accountOfEquivocation(found: Equivocation, miners: readonly string[]): string[] {
  const { role, tolerance, differences, evidence } = found;
  const head = ['', 'submission', 'miner', 'score', 'flags'].map((cell) => paint('dim', cell));
  const flagsOf = (word: number) => flagNames(role, word).join(', ') || 'none';
  const rows = differences.map(({ submission, first, second }) => [
    '         ',
    String(submission),
    miners[submission] ?? '',
    `${scoreOf(first.score)} and ${scoreOf(second.score)}`,
    first.flags === second.flags ? 'the same' : `${flagsOf(first.flags)} and ${flagsOf(second.flags)}`,
  ]);
  return [
    `          they differ here (scores may be ${scoreOf(tolerance)} apart):`,
    ...tableOf([head, ...rows]),
    `evidence  ${evidence}`,
  ];
}

function scoreOf(basisPoints: number): string {
  return (basisPoints / scoreMax).toFixed(4);
}

function refusedText({ refused }: RoleFinding): string {
  const all = Object.entries(refused).map(([code, count]) => `${count} ${code}`);
  return all.length === 0 ? '' : paint('dim', `; does not count: ${all.join(', ')}`);
}
