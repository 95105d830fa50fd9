/** A role that a chat model judges: a thread writes the questions, the operator's model answers, the thread judges by it. */
import { toHex } from '@assay/protocol/encoding/bytes';
import type { ChatModel, ChatReply, ChatRequest } from '@assay/protocol/language-model/chat-model';
import type { ModelAnswer } from '@assay/protocol/language-model/language-model';
import type { Measured } from '@assay/protocol/observation/evidence';
import type { Telemetry } from '@assay/protocol/ports';
import type { Random } from '@assay/session-keys/identity/encoding';
import { metrics } from '../service/telemetry-names.ts';
import type { RoleCheck } from '../validator/validator-context.ts';
import { type CheckCall, type CheckThread, checkCallOf, checkWork } from './check-call.ts';

/** The name of the thread's function that writes the questions. */
export const questionsWork = 'questions';

/** One task to write questions for. */
export interface QuestionsCall extends CheckCall {
  /** Random, so that no submission can contain it. */
  readonly mark: string;
}

/** What the thread wants to know. */
export interface ThreadQuestion extends ChatRequest {
  readonly modelDigest: string;
}

/** A reply, or why there is none. */
export type ThreadReply = ModelAnswer<ChatReply> | 'not-shared';

/** One task to judge, with the replies to its questions. */
export interface JudgedCall extends CheckCall {
  readonly judged: readonly ThreadReply[];
}

/** The parts of the check. */
export interface JudgedCheck {
  readonly thread: CheckThread;
  /** By digest. */
  readonly models: ReadonlyMap<string, ChatModel>;
  readonly telemetry: Pick<Telemetry, 'count' | 'log'>;
  readonly random: Random;
}

const markBytes = 16;

/** The check. Sealed content goes to the operator's own models only. What a task cost in tokens is logged and counted. */
export function judgedCheck({ thread, models, telemetry, random }: JudgedCheck): RoleCheck {
  return async (input) => {
    const call = checkCallOf(input);
    const mark = toHex(random(markBytes)).slice(2);
    const questions = await thread.call<readonly ThreadQuestion[]>(questionsWork, { ...call, mark });
    const spent = { prompt: 0, completion: 0 };
    const judged = await Promise.all(
      questions.map(async ({ modelDigest, ...request }): Promise<ThreadReply> => {
        const model = models.get(modelDigest);
        if (model === undefined) return { ok: false, fault: 'unreachable' };
        if (input.policy.payload === 'sealed' && !model.isOwn) return 'not-shared';
        const said = await model.ask(request);
        spent.prompt += said.promptTokens;
        spent.completion += said.completionTokens;
        return said.answer;
      }),
    );
    for (const one of judged) telemetry.count(metrics.modelAnswers, { result: resultOf(one) });
    for (const kind of ['prompt', 'completion'] as const)
      if (spent[kind] > 0) telemetry.count(metrics.judgeTokens, { kind }, spent[kind]);
    const { taskId } = input.task;
    if (questions.length > 0)
      telemetry.log.info('judge asked', {
        taskId,
        questions: questions.length,
        promptTokens: spent.prompt,
        completionTokens: spent.completion,
      });
    return thread.call<readonly Measured[]>(checkWork, { ...call, judged } satisfies JudgedCall);
  };
}

function resultOf(reply: ThreadReply): string {
  if (reply === 'not-shared') return reply;
  return reply.ok ? reply.value.ending : reply.fault;
}
