/** A role that judges by log-probabilities: a thread says what to score, the operator's models score, the thread judges. */
import type {
  LanguageModel,
  ModelAnswer,
  ModelFault,
  ScoredToken,
  ScoreRequest,
} from '@assay/protocol/language-model/language-model';
import { packScores } from '@assay/protocol/language-model/packed-scores';
import type { Measured } from '@assay/protocol/observation/evidence';
import type { Telemetry } from '@assay/protocol/ports';
import { metrics } from '../service/telemetry-names.ts';
import type { RoleCheck } from '../validator/validator-context.ts';
import { type CheckCall, type CheckThread, checkCallOf, checkWork } from './check-call.ts';

/** The name of the thread's function that says what to score. */
export const ordersWork = 'orders';

/** What the thread wants scored for a submission. */
export interface ThreadOrder extends ScoreRequest {
  readonly modelDigest: string;
}

/** A submission's packed scores, or why there are none; undefined where none were wanted. */
export type ThreadScores = Uint8Array | ModelFault | 'not-shared' | undefined;

/** One task to judge, with the scores of its submissions. */
export interface ScoredCall extends CheckCall {
  readonly scores: readonly ThreadScores[];
}

/** The parts of the check. */
export interface ScoredCheck {
  readonly thread: CheckThread;
  /** By digest. `remembering`: the same model before which a cache is asked, for content that is not sealed. */
  readonly models: ReadonlyMap<string, { readonly model: LanguageModel; readonly remembering: LanguageModel }>;
  readonly telemetry: Pick<Telemetry, 'count'>;
}

/** The check. Sealed content goes to the operator's own models only, and what they say of it is not remembered. */
export function scoredCheck({ thread, models, telemetry }: ScoredCheck): RoleCheck {
  return async (input) => {
    const call = checkCallOf(input);
    const isSealed = input.policy.payload === 'sealed';
    const orders = await thread.call<readonly (ThreadOrder | undefined)[]>(ordersWork, call);
    const scores: ThreadScores[] = orders.map(() => undefined);
    const places = Map.groupBy(orders.keys(), (at) => orders[at]?.modelDigest);
    for (const [digest, wanted] of places) {
      if (digest === undefined) continue;
      const known = models.get(digest);
      const isAllowed = known !== undefined && (!isSealed || known.model.isOwn);
      const requests = wanted.flatMap((at) => orders[at] ?? []);
      const answers = isAllowed ? await (isSealed ? known.model : known.remembering).score(requests) : [];
      const refusal = known === undefined ? 'unreachable' : 'not-shared';
      for (const [index, at] of wanted.entries()) scores[at] = isAllowed ? packed(answers[index]) : refusal;
    }
    for (const one of scores)
      if (one !== undefined)
        telemetry.count(metrics.modelAnswers, { result: typeof one === 'string' ? one : 'scored' });
    return thread.call<readonly Measured[]>(checkWork, { ...call, scores } satisfies ScoredCall);
  };
}

function packed(answer: ModelAnswer<readonly ScoredToken[]> | undefined): ThreadScores {
  if (answer === undefined) return 'malformed';
  return answer.ok ? packScores(answer.value) : answer.fault;
}
