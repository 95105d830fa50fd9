/** The thread of a check that compares embeddings: it holds the model, splits texts, computes vectors and compares them. */
import { workerData } from 'node:worker_threads';
import { loadEmbedder } from '@assay/adapters/model/embedder';
import { serveCalls } from '@assay/adapters/process/thread-calls';
import type { RoleCheck } from '@assay/checks/roles/role-check';
import { piecesOf } from '@assay/checks/segments/segment-text';
import { packVectors, unpackVectors } from '@assay/protocol/encoding/packed-vectors';
import { limits } from '@assay/protocol/limits';
import { checkWork, policiesByName } from '@assay/runtime/check/check-call';
import type { ComparerFacts, ComparisonCall } from '@assay/runtime/check/comparer-check';
import type { VectorSetup } from './vector-check.ts';

/** Loads the model and serves a role's check in this thread. */
export async function serveVectorCheck({ check }: RoleCheck): Promise<void> {
  const { policies, domain, ...model } = workerData as VectorSetup;
  const embedder = await loadEmbedder(model);
  const { modelDigest, dimensions, maxTokens } = embedder;
  const policyOf = policiesByName(policies);

  function lengthsOf(text: string): Uint32Array {
    try {
      return Uint32Array.from(
        piecesOf(text, (part, most) => embedder.chunk(part, most), limits.chunksMax),
        (piece) => piece.length,
      );
    } catch (error) {
      if (error instanceof RangeError) return new Uint32Array();
      throw error;
    }
  }

  serveCalls({ modelDigest, dimensions, maxTokens } satisfies ComparerFacts, {
    pieces: (texts: readonly string[]) => texts.map(lengthsOf),
    embed: async (pieces: readonly string[]) => packVectors(await embedder.embed(pieces)),
    [checkWork]: ({ task, content, policyName, vectors }: ComparisonCall) =>
      check({
        task,
        content,
        policy: policyOf(policyName),
        domain,
        vectors: vectors.map((packed) => unpackVectors(packed, dimensions)),
      }),
  });
}
