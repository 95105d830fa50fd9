/** Where tasks are judged: a network that is started for them, a running one, or this process. */
import type { Policy } from '@assay/protocol/policy/policy';
import type { JudgedTask } from '../tasks/judge-tasks.ts';
import type { LabelledTask } from '../tasks/task-file.ts';
import type { VerdictLine } from '../verdicts/verdict-line.ts';

/** What a place tells while it judges. */
export interface JudgeHooks {
  readonly signal: AbortSignal;
  /** Whether what operators state behind their observations is wanted. */
  readonly evidence: boolean;
  /** A step before the first task. */
  readonly onStep: (step: string) => void;
  /** The first task is about to be submitted. */
  readonly onStart: () => void;
  /** Each judged task, in order of completion. */
  readonly onJudged: (judged: JudgedTask) => void;
}

/** A place to judge tasks at. */
export interface Place {
  /** Its policies; known before anything is started. */
  readonly policies: readonly Policy[];
  /** False if nothing is certified. */
  readonly certifies: boolean;
  /**
   * Says of whom a certified verdict of an earlier run is, if its batch is not on the chain of this place; absent where
   * each run has a new chain.
   */
  readonly foreign?: (line: VerdictLine) => Promise<string | undefined>;
  /** Judges tasks. Call it once. */
  judge(tasks: readonly LabelledTask[], hooks: JudgeHooks): Promise<{ readonly strangerRefused?: number | undefined }>;
  /** Stops what was started. Safe to call twice. */
  close(): Promise<void>;
}
