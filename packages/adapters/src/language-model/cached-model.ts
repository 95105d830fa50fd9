/**
 * A language model that remembers scores by the digests of model, context and text. With an authenticated cache nobody
 * else can put a score there.
 */
import { sha256Hex, utf8 } from '@assay/protocol/encoding/bytes';
import type {
  LanguageModel,
  ModelAnswer,
  ScoredToken,
  ScoreRequest,
} from '@assay/protocol/language-model/language-model';
import { packScores, unpackScores } from '@assay/protocol/language-model/packed-scores';
import type { Cache } from '@assay/protocol/ports';
import { tuning } from '@assay/protocol/tuning';

/** Scores whose bytes are more than this are not kept: one long text would push out many short ones. */
const keptBytesMax = 1024 * 1024;

/** The model before which the cache is asked. Generated text is never kept. */
export function cachedLanguageModel(model: LanguageModel, cache: Cache): LanguageModel {
  const keyOf = ({ context, text }: ScoreRequest) =>
    `scores:${model.modelDigest}:${model.likeliestMax}:${sha256Hex(utf8(context))}:${sha256Hex(utf8(text))}`;
  return {
    ...model,
    async score(requests, signal) {
      const keys = requests.map(keyOf);
      const found = (await cache.getMany(keys)).map((bytes) => (bytes === undefined ? undefined : unpackScores(bytes)));
      const missing = requests.filter((_, at) => found[at] === undefined);
      const scored = (missing.length === 0 ? [] : await model.score(missing, signal)).values();
      const answers = found.map(
        (value): ModelAnswer<readonly ScoredToken[]> =>
          value === undefined ? (scored.next().value ?? { ok: false, fault: 'malformed' }) : { ok: true, value },
      );
      const fresh = answers.flatMap((answer, at): [string, Uint8Array][] =>
        answer.ok && found[at] === undefined ? [[keys[at] ?? '', packScores(answer.value)]] : [],
      );
      const kept = fresh.filter(([, bytes]) => bytes.length <= keptBytesMax);
      if (kept.length > 0) await cache.setMany(kept, tuning.derivedTtlSeconds);
      return answers;
    },
  };
}
