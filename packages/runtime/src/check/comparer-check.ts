/**
 * The embedding role: turns outputs into vectors (cached if possible) and compares them, in a thread with the model.
 */
import type { Hex } from '@assay/protocol/encoding/bytes';
import type { Measurement } from '@assay/protocol/observation/measurement';
import type { Cache, Telemetry } from '@assay/protocol/ports';
import { outputText } from '@assay/protocol/task/task-content';
import type { RoleCheck } from '../validator/validator-context.ts';
import { type CheckCall, type CheckThread, checkCallOf, checkWork } from './check-call.ts';
import { type PieceModel, textVectors } from './text-vectors.ts';

/** The thread's facts once the model is loaded. */
export interface ComparerFacts {
  readonly modelDigest: Hex;
  readonly dimensions: number;
  readonly maxTokens: number;
}

/** One task to compare; `vectors`: for each submission, the packed vectors of its chunks. */
export interface ComparisonCall extends CheckCall {
  readonly vectors: readonly Uint8Array[];
}

/** The parts of the check. */
export interface ComparerCheck {
  readonly thread: CheckThread & { readonly facts: ComparerFacts };
  readonly cache: Cache;
  readonly telemetry: Pick<Telemetry, 'count'>;
}

/** The check with a model. Rejects if the policy is for another model, because its thresholds would be meaningless. */
export function comparerCheck({ thread, cache, telemetry }: ComparerCheck): RoleCheck {
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
    // Sealed content is never cached.
    const shared = policy.payload === 'public' ? cache : undefined;
    const texts = content.outputs.map((output) => outputText(output) ?? '');
    const vectors = await textVectors({ model, cache: shared, telemetry }, texts);
    const call: ComparisonCall = { ...checkCallOf({ task, content, policy }), vectors };
    return thread.call<readonly Measurement[]>(checkWork, call);
  };
}
