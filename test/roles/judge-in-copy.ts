/**
 * Runs in the copy of the repository that has the page's role: a network judges one task under a policy with rules for
 * the role, and one under a policy without. The last line of its output is a {@link JudgedInCopy}.
 */
import type { JudgedTask } from '@assay/cli/tasks/judge-tasks';
import { verdictLineOf } from '@assay/cli/verdicts/verdict-line';
import bundleServices from '../bundles.ts';
import { judgeOn } from '../e2e/fixture-tasks.ts';
import { startWatchedNetwork } from '../e2e/watched-network.ts';
import { answers } from './answers.ts';

/** One task's certified report. */
export interface CertifiedInCopy {
  /** Undefined if the report's signatures, derivation, inclusion and posting are proven. */
  readonly unproven?: string;
  /** Roles of the observations in the report, each once. */
  readonly roles: readonly string[];
  /** One for each submission, as `assay validate --out` has it. */
  readonly lines: readonly string[];
}

/** What the program prints. */
export interface JudgedInCopy {
  readonly services: readonly string[];
  readonly withRules: CertifiedInCopy;
  readonly withoutRules: CertifiedInCopy;
}

const task = {
  prompt: 'What is the capital of France?',
  submissions: answers.map((output, index) => ({ miner: `m${index + 1}`, output })),
};

function certified([judged]: readonly JudgedTask[]): CertifiedInCopy {
  if (judged?.report === undefined) throw new Error(`There is no report: ${judged?.unproven}`);
  const { report, unproven } = judged;
  const roles = [...new Set(report.observations.map(({ role }) => role))];
  const lines = (verdictLineOf(judged)?.results ?? []).map((one) => JSON.stringify({ task: judged.task.task, ...one }));
  return { ...(unproven === undefined ? {} : { unproven }), roles, lines };
}

await bundleServices();
const network = await startWatchedNetwork({ operators: 4, aggregators: 1 });
try {
  const judged: JudgedInCopy = {
    services: network.services.map(({ service }) => service),
    withRules: certified(await judgeOn(network, [{ ...task, task: 'capital' }], 'brief')),
    withoutRules: certified(await judgeOn(network, [{ ...task, task: 'capital' }], 'checksum-only')),
  };
  process.stdout.write(`${JSON.stringify(judged)}\n`);
} finally {
  await network.stop();
}
