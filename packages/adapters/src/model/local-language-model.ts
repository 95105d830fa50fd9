/** The port of a language model, with the model in this process. */
import { sha256Hex, utf8 } from '@assay/protocol/encoding/bytes';
import type {
  GeneratedText,
  GenerateRequest,
  LanguageModel,
  ModelAnswer,
  ScoredToken,
  ScoreRequest,
} from '@assay/protocol/language-model/language-model';
import { CallSlots } from '../language-model/call-slots.ts';
import { type RawToken, scoresOfText } from '../language-model/raw-scores.ts';
import type { CausalModel, LogitsRow } from './causal-model.ts';

/** A model in this process, and what is asked of it. */
export interface LocalLanguageModelOptions {
  /** The digest of its weights, as policies name it. */
  readonly modelDigest: LanguageModel['modelDigest'];
  readonly likeliestMax: number;
  /** Longer contexts and texts, together, are not read. */
  readonly tokensMax: number;
}

/** Tokens at the border of context and text that may be joined to one. */
const joinedTokensMax = 16;

/** One text is read at a time; others wait in order. */
export function localLanguageModel(model: CausalModel, options: LocalLanguageModelOptions): LanguageModel {
  const { modelDigest, likeliestMax } = options;
  const tokensMax = Math.min(options.tokensMax, model.tokensMax);
  const turns = new CallSlots(1);
  return {
    modelDigest,
    likeliestMax,
    isOwn: true,
    score: (requests, signal) =>
      Promise.all(
        requests.map((request) => turns.run(() => scoreText(model, request, { likeliestMax, tokensMax }, signal))),
      ),
    generate: (request, signal) => turns.run(() => generateText(model, request, tokensMax, signal)),
    close: () => turns.run(() => model.close()),
  };
}

async function scoreText(
  model: CausalModel,
  { context, text }: ScoreRequest,
  { likeliestMax, tokensMax }: { readonly likeliestMax: number; readonly tokensMax: number },
  signal?: AbortSignal,
): Promise<ModelAnswer<readonly ScoredToken[]>> {
  signal?.throwIfAborted();
  const tokens = model.encode(context + text);
  if (tokens.length > tokensMax) return { ok: false, fault: 'too-long' };
  const first = Math.max(1, model.encode(context).length - joinedTokensMax);
  const scored: RawToken[] = [];
  const take = (place: number, row: LogitsRow) => {
    const next = tokens[place + 1];
    if (next === undefined || place + 1 < first) return;
    const whole = logOfSum(row, 1);
    scored.push({
      text: model.decode([next]),
      logprob: (row[next] ?? Number.NEGATIVE_INFINITY) - whole,
      likeliest: largest(row, likeliestMax).map((logit) => logit - whole),
    });
  };
  await model.begin().read(tokens, take, signal);
  return scoresOfText(scored, text, likeliestMax);
}

async function generateText(
  model: CausalModel,
  { context, tokensMax: wanted, temperatureMilli, seed = 0 }: GenerateRequest,
  tokensMax: number,
  signal?: AbortSignal,
): Promise<ModelAnswer<GeneratedText>> {
  signal?.throwIfAborted();
  const read = model.encode(context);
  if (read.length === 0 || read.length + wanted > tokensMax) return { ok: false, fault: 'too-long' };
  const reading = model.begin();
  const written: number[] = [];
  let next = 0;
  let unread = read;
  for (;;) {
    const end = read.length + written.length - 1;
    const take = (place: number, row: LogitsRow) => {
      if (place === end) next = drawn(row, temperatureMilli / 1_000, uniform(seed, written.length));
    };
    await reading.read(unread, take, signal);
    if (next === model.endToken) return { ok: true, value: { text: model.decode(written), isEnded: true } };
    written.push(next);
    if (written.length >= wanted) return { ok: true, value: { text: model.decode(written), isEnded: false } };
    unread = [next];
  }
}

/** The logarithm of the sum of all chances, at the temperature. */
function logOfSum(row: LogitsRow, temperature: number): number {
  let top = Number.NEGATIVE_INFINITY;
  for (const logit of row) top = Math.max(top, logit);
  let sum = 0;
  for (const logit of row) sum += Math.exp((logit - top) / temperature);
  return top / temperature + Math.log(sum);
}

/** The largest numbers of a row, the largest one first. */
function largest(row: LogitsRow, count: number): number[] {
  const kept: number[] = [];
  let least = Number.NEGATIVE_INFINITY;
  for (const logit of row) {
    if (kept.length === count && logit <= least) continue;
    if (kept.length === count) kept.pop();
    let at = kept.length;
    while (at > 0 && (kept[at - 1] ?? 0) < logit) at -= 1;
    kept.splice(at, 0, logit);
    least = kept.at(-1) ?? least;
  }
  return kept;
}

/** A token by its chance at the temperature, or the most likely one at temperature 0. */
function drawn(row: LogitsRow, temperature: number, at: number): number {
  if (temperature === 0) return row.reduce((best, logit, token) => (logit > (row[best] ?? 0) ? token : best), 0);
  const whole = logOfSum(row, temperature);
  let sum = 0;
  for (const [token, logit] of row.entries()) {
    sum += Math.exp(logit / temperature - whole);
    if (sum > at) return token;
  }
  return row.length - 1;
}

/** A number from 0 to 1 that follows from seed and step. */
function uniform(seed: number, step: number): number {
  return Number.parseInt(sha256Hex(utf8(`${seed} ${step}`)).slice(2, 10), 16) / 2 ** 32;
}
