/**
 * OpenAI's completions with `echo` and `logprobs`: llama-cpp-python (started with `logits_all`), vLLM, and others of
 * their kind give the log-probabilities of the prompt back.
 */
import type { ModelAnswer } from '@assay/protocol/language-model/language-model';
import { z } from 'zod';
import type { RawToken } from './raw-scores.ts';
import { readCompletion, type ScoringForm, scoringBody } from './scoring-form.ts';

const logprob = z.number().nullable();

const choiceSchema = z.object({
  logprobs: z.object({
    tokens: z.array(z.string()),
    token_logprobs: z.array(logprob),
    top_logprobs: z.array(z.record(z.string(), logprob).nullable()).nullish(),
  }),
});

/** The form. */
export const echoedScores: ScoringForm = {
  name: 'echo with logprobs',
  bodyOf: (model, prompt, likeliestMax) => ({ ...scoringBody(model, prompt), echo: true, logprobs: likeliestMax }),
  read(value, model, likeliestMax): ModelAnswer<readonly RawToken[]> {
    const read = readCompletion(choiceSchema, value, model);
    if (!read.ok) return read;
    const { choice, generated } = read.value;
    const { tokens, token_logprobs: own, top_logprobs: top } = choice.logprobs;
    if (own.length !== tokens.length || (top != null && top.length !== tokens.length))
      return { ok: false, fault: 'malformed' };
    const all = tokens.map(
      (text, at): RawToken => ({
        text,
        logprob: own[at] ?? null,
        likeliest: likeliestOf(
          Object.values(top?.[at] ?? {}).filter((one) => one !== null),
          likeliestMax,
        ),
      }),
    );
    if (all.length < generated) return { ok: false, fault: 'malformed' };
    return { ok: true, value: all.slice(0, all.length - generated) };
  },
};

/** A server adds the token itself to the list if it is not one of the most likely ones: the least likely one goes then. */
function likeliestOf(likeliest: readonly number[], likeliestMax: number): readonly number[] {
  return likeliest.toSorted((a, b) => b - a).slice(0, likeliestMax);
}
