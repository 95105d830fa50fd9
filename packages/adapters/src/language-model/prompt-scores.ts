/**
 * vLLM's `prompt_logprobs`, with `return_token_ids` to know which of a place's tokens is the prompt's own (JSON objects
 * with numbers as names have no order in JavaScript).
 */
import type { ModelAnswer } from '@assay/protocol/language-model/language-model';
import { z } from 'zod';
import type { RawToken } from './raw-scores.ts';
import { readCompletion, type ScoringForm, scoringBody } from './scoring-form.ts';

const tokenSchema = z.object({ logprob: z.number(), decoded_token: z.string().nullish() });

const choiceSchema = z.object({
  prompt_token_ids: z.array(z.int().min(0)),
  prompt_logprobs: z.array(z.record(z.string(), tokenSchema).nullable()),
});

/** The form. */
export const promptScores: ScoringForm = {
  name: 'prompt_logprobs with return_token_ids',
  bodyOf: (model, prompt, likeliestMax) => ({
    ...scoringBody(model, prompt),
    prompt_logprobs: likeliestMax,
    return_token_ids: true,
  }),
  read(value, model, likeliestMax): ModelAnswer<readonly RawToken[]> {
    const read = readCompletion(choiceSchema, value, model);
    if (!read.ok) return read;
    const { prompt_token_ids: ids, prompt_logprobs: places } = read.value.choice;
    if (ids.length !== places.length) return { ok: false, fault: 'malformed' };
    const tokens: RawToken[] = [];
    for (const [at, id] of ids.entries()) {
      const place = places[at];
      const own = place?.[String(id)];
      if (place != null && own === undefined) return { ok: false, fault: 'malformed' };
      const likeliest = Object.values(place ?? {}).map((one) => one.logprob);
      tokens.push({
        text: own?.decoded_token ?? '',
        logprob: own?.logprob ?? null,
        likeliest: likeliest.toSorted((a, b) => b - a).slice(0, likeliestMax),
      });
    }
    return { ok: true, value: tokens };
  },
};
