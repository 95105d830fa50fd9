/** The worker thread of the embedding comparer: it holds the model, cuts texts, computes vectors and compares them. */
import { workerData } from 'node:worker_threads';
import { loadEmbedder } from '@assay/adapters/model/embedder';
import { serveCalls } from '@assay/adapters/process/thread-calls';
import { embeddingCheck } from '@assay/checks/agreement/embedding-check';
import { packVectors, unpackVectors } from '@assay/protocol/encoding/packed-vectors';
import { limits } from '@assay/protocol/limits';
import { checkWork, policiesByName } from '@assay/runtime/validator/check-call';
import type { ComparerFacts, ComparerSetup, ComparisonCall } from '@assay/runtime/validator/comparer-check';

const setup = workerData as ComparerSetup;
const embedder = await loadEmbedder({
  modelDir: setup.modelDir,
  modelName: setup.modelName,
  allowRemote: setup.allowRemote,
  threads: setup.threads,
});
const policyOf = policiesByName(setup.policies);

function lengthsOf(text: string): Uint32Array {
  try {
    return Uint32Array.from(embedder.chunk(text, limits.chunksMax), (piece) => piece.length);
  } catch (error) {
    if (error instanceof RangeError) return new Uint32Array();
    throw error;
  }
}

serveCalls(
  {
    modelDigest: embedder.modelDigest,
    dimensions: embedder.dimensions,
    maxTokens: embedder.maxTokens,
  } satisfies ComparerFacts,
  {
    pieces: (texts: readonly string[]) => texts.map(lengthsOf),
    embed: async (pieces: readonly string[]) => packVectors(await embedder.embed(pieces)),
    [checkWork]: ({ task, content, policyName, vectors }: ComparisonCall) =>
      embeddingCheck({
        task,
        content,
        policy: policyOf(policyName),
        vectors: vectors.map((packed) => unpackVectors(packed, embedder.dimensions)),
      }),
  },
);
