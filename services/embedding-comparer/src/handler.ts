/** The embedding role: turns outputs into vectors (from the cache where it can) and compares them. */
import { embeddingCheck } from '@assay/checks/embedding-check';
import { sha256Hex, utf8 } from '@assay/protocol/bytes';
import { limits } from '@assay/protocol/limits';
import type { Policy } from '@assay/protocol/policy';
import type { Cache, Embedder, Telemetry } from '@assay/protocol/ports';
import { outputText } from '@assay/protocol/task-content';
import { SettingsError } from '@assay/runtime/settings';
import { metrics } from '@assay/runtime/signals';
import type { RoleCheck } from '@assay/runtime/validator-context';

export interface EmbeddingRole {
  readonly embedder: Embedder;
  readonly cache: Cache;
  readonly telemetry: Telemetry;
}

/** The check with a model. Rejects when the policy is made for another model: its thresholds would mean nothing. */
export function embeddingRole({ embedder, cache, telemetry }: EmbeddingRole): RoleCheck {
  return async ({ task, content, policy }) => {
    if (policy.modelDigest !== embedder.modelDigest) {
      throw new Error(
        `Policy "${policy.name}" is made for model ${policy.modelDigest}, but the model loaded here is ${embedder.modelDigest}.`,
      );
    }
    const chunks = content.outputs.map((output) => chunksOf(embedder, outputText(output)));
    const shared = policy.payload === 'public' ? cache : undefined;
    const vectors = await vectorsOf(embedder, shared, telemetry, [...new Set(chunks.flat())]);
    return embeddingCheck({
      task,
      content,
      policy,
      vectors: chunks.map((texts) => texts.flatMap((text) => vectors.get(text) ?? [])),
    });
  };
}

/** Pieces of a text that fit the model; none where there is no text, or it needs more than {@link limits.chunksMax}. */
function chunksOf(embedder: Embedder, text: string | undefined): string[] {
  if (text === undefined) return [];
  try {
    return embedder.chunk(text, limits.chunksMax);
  } catch (error) {
    if (error instanceof RangeError) return [];
    throw error;
  }
}

/** Vectors by text. What is computed is kept in the cache, where there is one; sealed content never is. */
async function vectorsOf(
  embedder: Embedder,
  cache: Cache | undefined,
  telemetry: Telemetry,
  texts: readonly string[],
): Promise<Map<string, Float32Array>> {
  const vectors = new Map<string, Float32Array>();
  const keyOf = (text: string) => `vector:${embedder.modelDigest}:${sha256Hex(utf8(text))}`;
  const cached = cache === undefined ? [] : await cache.getMany(texts.map(keyOf));
  for (const [index, text] of texts.entries()) {
    const vector = vectorFrom(cached[index], embedder.dimensions);
    if (vector !== undefined) vectors.set(text, vector);
  }
  telemetry.count(metrics.cacheLookups, { kind: 'vectors', result: 'hit' }, vectors.size);
  telemetry.count(metrics.cacheLookups, { kind: 'vectors', result: 'miss' }, texts.length - vectors.size);
  const missing = texts.filter((text) => !vectors.has(text));
  const computed = missing.length === 0 ? [] : await embedder.embed(missing);
  const fresh: [string, Uint8Array][] = [];
  for (const [index, text] of missing.entries()) {
    const vector = computed[index];
    if (vector === undefined) throw new Error(`The model gave ${computed.length} vectors for ${missing.length} texts.`);
    vectors.set(text, vector);
    fresh.push([keyOf(text), new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength)]);
  }
  if (cache !== undefined && fresh.length > 0) await cache.setMany(fresh, limits.cacheTtlSeconds);
  return vectors;
}

function vectorFrom(bytes: Uint8Array | undefined, dimensions: number): Float32Array | undefined {
  if (bytes === undefined || bytes.length !== dimensions * Float32Array.BYTES_PER_ELEMENT) return undefined;
  // A copy by constructor: what `slice` of a Buffer gives is a view on its whole pool.
  return new Float32Array(new Uint8Array(bytes).buffer);
}

/** Refuses to start with a model that a policy is not made for. Throws {@link SettingsError}. */
export function requireModel(embedder: Embedder, policies: Iterable<Policy>): void {
  const wrong = [...policies].filter((policy) => policy.modelDigest !== embedder.modelDigest);
  const [first] = wrong;
  if (first === undefined) return;
  throw new SettingsError(
    `EMBEDDING_MODEL: the loaded model is ${embedder.modelDigest}, but policy "${first.name}" is made for ${first.modelDigest}; set EMBEDDING_MODEL to that model, or calibrate a policy for this one.`,
  );
}
