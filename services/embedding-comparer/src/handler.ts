/** The embedding comparer's requirements on its model. */
import type { Hex } from '@assay/protocol/encoding/bytes';
import type { Policy } from '@assay/protocol/policy/policy';
import { SettingsError } from '@assay/runtime/service/settings';

/** Refuses to start with a model that a policy does not name. Throws {@link SettingsError}. */
export function requireModel(modelDigest: Hex, policies: Iterable<Policy>): void {
  const wrong = [...policies].filter((policy) => policy.modelDigest !== modelDigest);
  const [first] = wrong;
  if (first === undefined) return;
  throw new SettingsError(
    `EMBEDDING_MODEL: the loaded model is ${modelDigest}, but policy "${first.name}" is made for ${first.modelDigest}; set EMBEDDING_MODEL to that model, or calibrate a policy for this one.`,
  );
}
