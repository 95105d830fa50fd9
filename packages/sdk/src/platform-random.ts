/** Randomness of the platform. */
import type { Random } from '@assay/session-keys/identity/encoding';

/** Fresh random bytes. */
export const platformRandom: Random = (length) => crypto.getRandomValues(new Uint8Array(length));
