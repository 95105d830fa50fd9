/**
 * The thread of a check that compares embeddings: it holds the model, splits texts, computes vectors and compares them. A
 * model elsewhere is not asked from here.
 */
import { workerData } from 'node:worker_threads';
import { type EndpointCuts, endpointCuts } from '@assay/adapters/model/embedding-endpoint';
import { serveCalls } from '@assay/adapters/process/thread-calls';
import { measuredBy } from '@assay/checks/roles/measured-by';
import type { RoleCheck } from '@assay/checks/roles/role-check';
import { piecesOf } from '@assay/checks/segments/segment-text';
import { packVectors, unpackVectors } from '@assay/protocol/encoding/packed-vectors';
import { limits } from '@assay/protocol/limits';
import type { Embedder } from '@assay/protocol/ports';
import { checkWork, policiesByName } from '@assay/runtime/check/check-call';
import type { ComparerFacts, ComparisonCall } from '@assay/runtime/check/comparer-check';
import type { ModelSetup, VectorSetup } from './vector-check.ts';

/** Loads the model and serves a role's check in this thread. */
export async function serveVectorCheck(role: RoleCheck): Promise<void> {
  const { policies, domain, endpoint, ...place } = workerData as VectorSetup;
  const model: EndpointCuts & Partial<Pick<Embedder, 'embed'>> =
    endpoint === undefined ? await loadedModel(place) : endpointCuts(endpoint);
  const { modelDigest, dimensions, maxTokens } = model;
  const policyOf = policiesByName(policies);
  const measure = measuredBy(role);

  function lengthsOf(text: string): Uint32Array {
    try {
      return Uint32Array.from(
        piecesOf(text, (part, most) => model.chunk(part, most), limits.chunksMax),
        (piece) => piece.length,
      );
    } catch (error) {
      if (error instanceof RangeError) return new Uint32Array();
      throw error;
    }
  }

  serveCalls({ modelDigest, dimensions, maxTokens } satisfies ComparerFacts, {
    pieces: (texts: readonly string[]) => texts.map(lengthsOf),
    embed: async (pieces: readonly string[]) => packVectors((await model.embed?.(pieces)) ?? []),
    [checkWork]: ({ task, content, policyName, vectors, vectorsFault }: ComparisonCall) =>
      measure({
        task,
        content,
        policy: policyOf(policyName),
        domain,
        vectorsFault,
        vectors: vectors.map((packed) => unpackVectors(packed, dimensions)),
      }),
  });
}

/** The model of a folder. Transformers.js and ONNX Runtime are loaded only where one is. */
async function loadedModel(place: ModelSetup) {
  const { loadEmbedder } = await import('@assay/adapters/model/embedder');
  return loadEmbedder(place);
}
