/**
 * The embedding role: turns outputs into vectors (cached if possible) and compares them, in a thread with the model. A
 * model elsewhere is asked from here, because threads do no I/O.
 */
import type { Hex } from '@assay/protocol/encoding/bytes';
import { packVectors } from '@assay/protocol/encoding/packed-vectors';
import type { ModelFault } from '@assay/protocol/language-model/language-model';
import { ModelFaultError } from '@assay/protocol/language-model/model-fault-error';
import type { Measured } from '@assay/protocol/observation/evidence';
import type { Cache, Embedder, Telemetry } from '@assay/protocol/ports';
import { outputText } from '@assay/protocol/task/task-content';
import { metrics } from '../service/telemetry-names.ts';
import type { RoleCheck } from '../validator/validator-context.ts';
import { type CheckCall, type CheckThread, checkCallOf, checkWork } from './check-call.ts';
import { type PieceModel, type TextVectorsContext, textVectors } from './text-vectors.ts';

/** The thread's facts once the model is loaded. */
export interface ComparerFacts {
  readonly modelDigest: Hex;
  readonly dimensions: number;
  readonly maxTokens: number;
}

/** One task to compare; `vectors`: for each submission, the packed vectors of its chunks. */
export interface ComparisonCall extends CheckCall {
  readonly vectors: readonly Uint8Array[];
  /** Why there are no vectors. */
  readonly vectorsFault?: ModelFault | 'not-shared';
}

/** The parts of the check. */
export interface ComparerCheck {
  readonly thread: CheckThread & { readonly facts: ComparerFacts };
  readonly cache: Cache;
  readonly telemetry: Pick<Telemetry, 'count'>;
  /** The model, where it is elsewhere; otherwise the thread has it. */
  readonly elsewhere?: Pick<Embedder, 'embed'> & { readonly isOwn: boolean };
}

/**
 * The check with a model. Rejects if the policy is for another model, because its thresholds would be meaningless. Sealed
 * content goes to a model elsewhere only if it is the operator's own.
 */
export function comparerCheck({ thread, cache, telemetry, elsewhere }: ComparerCheck): RoleCheck {
  const model: PieceModel = {
    modelDigest: thread.facts.modelDigest,
    dimensions: thread.facts.dimensions,
    pieces: (texts) => thread.call('pieces', texts),
    embed: async (pieces) =>
      elsewhere === undefined ? thread.call('embed', pieces) : packVectors(await elsewhere.embed(pieces)),
  };
  return async ({ task, content, policy }) => {
    if (policy.modelDigest !== model.modelDigest) {
      throw new Error(
        `Policy "${policy.name}" is made for model ${policy.modelDigest}, but the model loaded here is ${model.modelDigest}.`,
      );
    }
    const isPublic = policy.payload === 'public';
    // Sealed content is never cached.
    const context = { model, cache: isPublic ? cache : undefined, telemetry };
    const texts = content.outputs.map((output) => outputText(output) ?? '');
    const isShared = isPublic || elsewhere?.isOwn !== false;
    const compared = isShared ? await vectorsOrFault(context, texts) : noVectors('not-shared');
    if (elsewhere !== undefined) telemetry.count(metrics.modelAnswers, { result: compared.vectorsFault ?? 'embedded' });
    const call: ComparisonCall = { ...checkCallOf({ task, content, policy }), ...compared };
    return thread.call<readonly Measured[]>(checkWork, call);
  };
}

type Compared = Pick<ComparisonCall, 'vectors' | 'vectorsFault'>;

async function vectorsOrFault(context: TextVectorsContext, texts: readonly string[]): Promise<Compared> {
  try {
    return { vectors: await textVectors(context, texts) };
  } catch (error) {
    if (error instanceof ModelFaultError) return noVectors(error.fault);
    throw error;
  }
}

function noVectors(vectorsFault: ModelFault | 'not-shared'): Compared {
  return { vectors: [], vectorsFault };
}
