/**
 * The check of a role as a pure function, with its requirements besides the content. Each role has one file in this
 * folder.
 */
import type { Measured } from '@assay/protocol/observation/evidence';
import type { Measurement } from '@assay/protocol/observation/measurement';
import type { Role } from '@assay/protocol/observation/role';
import type { Policy } from '@assay/protocol/policy/policy';
import type { Grounds } from '@assay/protocol/report/grounds';
import type { SigningDomain } from '@assay/protocol/signature/typed-data';
import type { Task } from '@assay/protocol/task/task';
import type { TaskContent } from '@assay/protocol/task/task-content';
import type { Unjudged } from '../inference/fault-flag.ts';
import type { OutputScores, ScoringOrder } from '../inference/inference-check.ts';
import type { JudgeAnswer, JudgeQuestion } from '../judge/judge-check.ts';

/** The input of a role's check. */
export interface RoleInput {
  readonly task: Task;
  readonly content: TaskContent;
  readonly policy: Policy;
  /** The chain and hub that miners' signatures are bound to. */
  readonly domain: SigningDomain;
  /**
   * For each submission, the vectors of its chunks by the policy's model, each of length 1. Empty for a check that
   * needs none, without a text, or if the text is too long for the model.
   */
  readonly vectors: readonly (readonly Float32Array[])[];
  /** Why the operator's embedding model gave none. */
  readonly vectorsFault?: Unjudged | undefined;
  /** For each submission, its tokens as the operator's language model scores them. Absent for checks that need none. */
  readonly scores?: readonly (OutputScores | undefined)[];
  /** The judge's answer to each question of the check, in order. Absent for checks that ask none. */
  readonly judged?: readonly JudgeAnswer[];
}

/** The part of it that the words that decided are found from. */
export type GroundsInput = Pick<RoleInput, 'task' | 'content' | 'policy'>;

/** A role's check. */
export interface RoleCheck<R extends Role = Role> {
  readonly role: R;
  /**
   * `content`: the texts alone. `vectors`: embeddings of the outputs too, by the policy's model. `scores`: their
   * log-probabilities, by the operator's language model. `grades`: answers of the operator's chat model to questions.
   */
  readonly needs: 'content' | 'vectors' | 'scores' | 'grades';
  /** For `scores`: what to have scored for each submission, in order. */
  readonly orders?: (input: RoleInput) => readonly (ScoringOrder | undefined)[];
  /** For `grades`: what to ask. `mark` is random, so that no submission can contain it. */
  readonly questions?: (input: RoleInput, mark: string) => readonly JudgeQuestion[];
  /** One measurement for each submission, in order. Never throws on any content. */
  readonly check: (input: RoleInput) => readonly Measurement[];
  /** The same measurements, with what is behind them. Absent for a role that has its flags alone. */
  readonly measured?: (input: RoleInput) => readonly Measured[];
  /** For people: which words of one submission decided. Absent for a role that cannot say. */
  readonly grounds?: (input: GroundsInput, index: number) => Grounds | undefined;
}
