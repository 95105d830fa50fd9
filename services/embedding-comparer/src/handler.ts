/** The embedding role: turns outputs into vectors (from the cache where it can) and has them compared. */
import type { Hex } from '@assay/protocol/bytes';
import type { Measurement } from '@assay/protocol/measurement';
import type { Policy } from '@assay/protocol/policy';
import type { Cache, Telemetry } from '@assay/protocol/ports';
import { outputText } from '@assay/protocol/task-content';
import { type CheckThread, checkCallOf, checkWork } from '@assay/runtime/check-call';
import { type PieceModel, textVectors } from '@assay/runtime/text-vectors';
import type { RoleCheck } from '@assay/runtime/validator-context';
import type { ComparerFacts, ComparisonCall } from './comparer-thread.ts';

export interface EmbeddingRole {
  readonly thread: CheckThread & { readonly facts: ComparerFacts };
  readonly cache: Cache;
  readonly telemetry: Pick<Telemetry, 'count'>;
}

/** The check with a model. Rejects when the policy is made for another model: its thresholds would mean nothing. */
export function embeddingRole({ thread, cache, telemetry }: EmbeddingRole): RoleCheck {
  const model: PieceModel = {
    modelDigest: thread.facts.modelDigest,
    dimensions: thread.facts.dimensions,
    pieces: (texts) => thread.call('pieces', texts),
    embed: (pieces) => thread.call('embed', pieces),
  };
  return async ({ task, content, policy }) => {
    if (policy.modelDigest !== model.modelDigest) {
      throw new Error(
        `Policy "${policy.name}" is made for model ${policy.modelDigest}, but the model loaded here is ${model.modelDigest}.`,
      );
    }
    // Sealed content leaves no trace in a cache.
    const shared = policy.payload === 'public' ? cache : undefined;
    const texts = content.outputs.map((output) => outputText(output) ?? '');
    const vectors = await textVectors({ model, cache: shared, telemetry }, texts);
    const call: ComparisonCall = { ...checkCallOf({ task, content, policy }), vectors };
    return thread.call<readonly Measurement[]>(checkWork, call);
  };
}

/** Refuses to start with a model that a policy is not made for. */
export function requireModel(modelDigest: Hex, policies: Iterable<Policy>): void {
  const wrong = [...policies].filter((policy) => policy.modelDigest !== modelDigest);
  const [first] = wrong;
  if (first === undefined) return;
  throw new Error(
    `The loaded model is ${modelDigest}, but policy "${first.name}" is made for ${first.modelDigest}; set EMBEDDING_MODEL to that model, or calibrate a policy for this one.`,
  );
}
