/** The three parties of benchmarked sessions, and figures of many measurements. */
import { toHex } from '@assay/protocol/encoding/bytes';
import type { StepContext } from '@assay/session-keys/agreement/agreement';
import type { AgreementPlan } from '@assay/session-keys/agreement/transcript';
import { type IdentitySecret, identityOf, type Party } from '@assay/session-keys/identity/identity';

/** Keys of a session's three parties, and the plan of a new session among them. */
export interface BenchParties {
  readonly contexts: Readonly<Record<Party, StepContext>>;
  readonly newPlan: () => AgreementPlan;
}

const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));

/** Draws three identities. */
export function benchParties(): BenchParties {
  const secretOf = (): IdentitySecret => ({ signingKey: random(32), agreementSecret: random(32) });
  const secrets = { user: secretOf(), miner: secretOf(), oracle: secretOf() };
  const contextOf = (party: Party) => ({ secret: secrets[party], random });
  const identities = {
    user: identityOf('user', secrets.user),
    miner: identityOf('miner', secrets.miner),
    oracle: identityOf('oracle', secrets.oracle),
  };
  return {
    contexts: { user: contextOf('user'), miner: contextOf('miner'), oracle: contextOf('oracle') },
    newPlan: () => ({ sessionId: toHex(random(32)), coordinator: 'user', identities }),
  };
}
