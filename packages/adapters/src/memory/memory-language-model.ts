/** A language model in memory: one token for each character, each with the same chances after every context. */
import { sha256Hex, utf8 } from '@assay/protocol/encoding/bytes';
import type {
  LanguageModel,
  ModelAnswer,
  ModelFault,
  ScoredToken,
} from '@assay/protocol/language-model/language-model';

/** Chances of characters; together 1, or less where others may come. */
export interface MemoryLanguageModelOptions {
  readonly chances: Readonly<Record<string, number>>;
  readonly likeliestMax?: number;
  readonly isOwn?: boolean;
}

/** The model, and what it was asked. */
export interface MemoryLanguageModel extends LanguageModel {
  /** Texts that it scored. */
  readonly asked: readonly string[];
  /** Makes it fail from now on; undefined: it answers again. */
  fail(fault: ModelFault | undefined): void;
}

/** A model whose numbers are known exactly. */
export function memoryLanguageModel(options: MemoryLanguageModelOptions): MemoryLanguageModel {
  const { chances, likeliestMax = 16, isOwn = true } = options;
  const thousandths = (chance: number) => Math.round(1_000 * Math.log(chance)) || 0;
  const ranked = Object.entries(chances).sort(([, a], [, b]) => b - a);
  const likeliest = ranked.slice(0, likeliestMax).map(([, chance]) => thousandths(chance));
  const asked: string[] = [];
  let failing: ModelFault | undefined;
  const score = (text: string): ModelAnswer<readonly ScoredToken[]> => {
    asked.push(text);
    if (failing !== undefined) return { ok: false, fault: failing };
    const tokens = text.split('').map((one) => ({ logprob: thousandths(chances[one] ?? 1e-4), likeliest }));
    return { ok: true, value: tokens };
  };
  return {
    modelDigest: sha256Hex(utf8(JSON.stringify(chances))),
    likeliestMax,
    isOwn,
    asked,
    fail: (fault) => {
      failing = fault;
    },
    score: async (requests, signal) => {
      signal?.throwIfAborted();
      return requests.map(({ text }) => score(text));
    },
    generate: async ({ tokensMax }, signal) => {
      signal?.throwIfAborted();
      if (failing !== undefined) return { ok: false, fault: failing };
      return { ok: true, value: { text: (ranked[0]?.[0] ?? '').repeat(tokensMax), isEnded: false } };
    },
    close: async () => undefined,
  };
}
