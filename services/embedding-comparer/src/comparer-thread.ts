/** What the embedding comparer and its thread say to each other. */
import type { Hex } from '@assay/protocol/bytes';
import type { Policy } from '@assay/protocol/policy';
import type { CheckCall } from '@assay/runtime/check-call';

/** What the thread is started with. */
export interface ComparerSetup {
  readonly modelDir: string;
  readonly modelName: string;
  readonly allowRemote: boolean;
  /** Threads of the model itself. */
  readonly threads: number;
  readonly policies: readonly Policy[];
}

/** What the thread says when the model is loaded. */
export interface ComparerFacts {
  readonly modelDigest: Hex;
  readonly dimensions: number;
  readonly maxTokens: number;
}

/** One task to compare; `vectors`: for each submission those of its pieces, packed. */
export interface ComparisonCall extends CheckCall {
  readonly vectors: readonly Uint8Array[];
}
