/** A way to ask a server for the log-probabilities of a given text. Servers know one or the other. */
import type { ModelAnswer } from '@assay/protocol/language-model/language-model';
import { z } from 'zod';
import type { RawToken } from './raw-scores.ts';

/** One such way. */
export interface ScoringForm {
  /** What the server must have, in the words of its documentation. */
  readonly name: string;
  bodyOf(model: string, prompt: string, likeliestMax: number): object;
  /** The tokens of the prompt; the tokens that the server wrote after them are taken off. */
  read(value: unknown, model: string, likeliestMax: number): ModelAnswer<readonly RawToken[]>;
}

/** What all forms ask: no token more than the one that servers insist on, and that one without chance. */
export function scoringBody(model: string, prompt: string): object {
  return { model, prompt, max_tokens: 1, temperature: 0 };
}

/** The only choice of a completion, checked, and how many tokens the server wrote. */
export function readCompletion<Choice>(
  choiceSchema: z.ZodType<Choice>,
  value: unknown,
  model: string,
): ModelAnswer<{ readonly choice: Choice; readonly generated: number }> {
  const schema = z.object({
    model: z.string(),
    choices: z.array(choiceSchema).length(1),
    usage: z.object({ completion_tokens: z.int().min(0).max(1_000_000) }).nullish(),
  });
  const checked = schema.safeParse(value);
  if (!checked.success) return { ok: false, fault: 'malformed' };
  const [choice] = checked.data.choices;
  if (choice === undefined) return { ok: false, fault: 'malformed' };
  if (checked.data.model !== model) return { ok: false, fault: 'wrong-model' };
  return { ok: true, value: { choice, generated: checked.data.usage?.completion_tokens ?? 1 } };
}
