/** Reports equivocations to the slashing contract, and executes cases whose dispute window is over. */
import { type CaseSubject, caseIdOf, type Slashing, type SlashingRefused } from '@assay/adapters/evm/slashing';
import type { Hex } from '@assay/protocol/encoding/bytes';
import type { Role } from '@assay/protocol/observation/role';
import type { Equivocation } from './find-equivocation.ts';
import type { Suspect } from './read-observations.ts';
import { adviceOn } from './slashing-advice.ts';

/** Number of past epochs in which a case is searched. */
const epochsMax = 256;

interface RefusedCase {
  readonly status: 'refused';
  readonly role: Role;
  readonly epoch: number;
  readonly caseId: Hex;
  readonly code: string;
  readonly detail: string;
  /** What to do about it. */
  readonly advice: string;
  /** The end of the dispute window, seconds since 1970, if the case is open. */
  readonly executableFrom?: number;
}

/** The contract's answer to a report. */
export type CaseReport =
  | {
      readonly status: 'reported';
      readonly role: Role;
      readonly epoch: number;
      readonly caseId: Hex;
      readonly transaction: Hex;
      readonly executableFrom: number;
      /** What its gas cost, in wei. */
      readonly paid: string;
    }
  | RefusedCase;

/** The result of a case; amounts are decimal, in the smallest unit of the stake's token. */
export type ExecutedCase =
  | {
      readonly status: 'executed';
      readonly role: Role;
      readonly epoch: number;
      readonly caseId: Hex;
      readonly transaction: Hex;
      readonly reporter: Hex;
      readonly taken: string;
      readonly reward: string;
    }
  | RefusedCase;

/** Reports one equivocation. */
export async function reportEquivocation(
  slashing: Slashing,
  { taskId, operator }: Suspect,
  { role, epoch, evidence }: Equivocation,
): Promise<CaseReport> {
  const outcome = await slashing.report(evidence);
  const subject = { operator, epoch, taskId, role };
  if (outcome.status === 'refused') return refusedCase(slashing, subject, outcome);
  const { caseId, executableFrom, transactionHash: transaction, paid } = outcome;
  return { status: 'reported', role, epoch, caseId, transaction, executableFrom, paid: String(paid) };
}

/**
 * Executes the suspect's open cases from the latest report. If none is open, it tries the latest cases, so that the
 * contract gives the reason. Cases are found by epoch, task and role, because the messages may have left the stream
 * before the dispute window ends.
 */
export async function executeCases(
  slashing: Slashing,
  suspect: Suspect,
  currentEpoch: number,
): Promise<ExecutedCase[]> {
  const { taskId, operator, roles } = suspect;
  let over: readonly CaseSubject[] = [];
  for (let epoch = currentEpoch; epoch > Math.max(0, currentEpoch - epochsMax); epoch--) {
    const subjects = roles.map((role) => ({ operator, epoch, taskId, role }));
    const cases = await Promise.all(subjects.map((subject) => slashing.caseOf(caseIdOf(subject))));
    const reported = subjects.filter((_, index) => cases[index]?.standing !== 'none');
    if (cases.some(({ standing }) => standing === 'open')) return executeAll(slashing, reported);
    if (over.length === 0) over = reported;
  }
  return executeAll(slashing, over);
}

async function executeAll(slashing: Slashing, subjects: readonly CaseSubject[]): Promise<ExecutedCase[]> {
  const executed: ExecutedCase[] = [];
  for (const subject of subjects) executed.push(await executeCase(slashing, subject));
  return executed;
}

async function executeCase(slashing: Slashing, subject: CaseSubject): Promise<ExecutedCase> {
  const { role, epoch } = subject;
  const caseId = caseIdOf(subject);
  const outcome = await slashing.execute(caseId);
  if (outcome.status === 'refused') return refusedCase(slashing, subject, outcome);
  const { reporter } = await slashing.caseOf(caseId);
  const [taken, reward] = [String(outcome.taken), String(outcome.reward)];
  return { status: 'executed', role, epoch, caseId, transaction: outcome.transactionHash, reporter, taken, reward };
}

async function refusedCase(
  slashing: Slashing,
  subject: CaseSubject,
  { code, detail }: SlashingRefused,
): Promise<RefusedCase> {
  const caseId = caseIdOf(subject);
  const { standing, executableFrom } = await slashing.caseOf(caseId);
  const { role, epoch } = subject;
  return {
    status: 'refused',
    role,
    epoch,
    caseId,
    code,
    detail,
    advice: adviceOn(code, standing),
    ...(standing === 'open' ? { executableFrom } : {}),
  };
}
