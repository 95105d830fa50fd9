/** A User's or a Miner's side of a session: opens it by Method 2 through the gateway, then seals content under it. */
import type { Hex } from '@assay/protocol/bytes';
import type { EstablishedSession, StepContext } from '@assay/session-keys/agreement';
import { type AgreementState, establishedSession } from '@assay/session-keys/agreement-state';
import type { Random } from '@assay/session-keys/encoding';
import type { Identities, IdentitySecret, Party } from '@assay/session-keys/identity';
import { type Direction, sealContent } from '@assay/session-keys/seal';
import { receiveMessage, startAgreement } from '@assay/session-keys/session';
import type { GatewayClient } from './gateway-client.ts';

/** What a participant brings to a session. Identities come from the keystore, never from another participant. */
export interface SessionOpening {
  readonly gateway: GatewayClient;
  readonly party: Exclude<Party, 'oracle'>;
  /** 32 bytes, never used twice; all three must be told the same. */
  readonly sessionId: Hex;
  /** Who draws the key. */
  readonly coordinator: Party;
  readonly identities: Identities;
  readonly secret: IdentitySecret;
  /** How long the agreement may take. */
  readonly timeoutMs?: number;
}

const pollMs = 5_000;

/** Fresh random bytes of the platform. */
export const platformRandom: Random = (length) => crypto.getRandomValues(new Uint8Array(length));

/** Runs the agreement until all three have confirmed the key. Throws with a refusal's code, or when time is up. */
export async function openSession(opening: SessionOpening): Promise<EstablishedSession> {
  const { gateway, party, sessionId, coordinator, identities, secret } = opening;
  const context: StepContext = { secret, random: platformRandom };
  const started = startAgreement('method-2', { sessionId, coordinator, identities }, party, context);
  if (started.kind === 'reject')
    throw new Error(`The session cannot start: ${started.refusal.code}: ${started.refusal.detail}`);
  let { state } = started;
  for (const message of started.send) await gateway.leaveSessionMessage(message);
  const untilMs = Date.now() + (opening.timeoutMs ?? 60_000);
  for (let after = 0; Date.now() < untilMs; ) {
    const read = await gateway.readSessionMessages(sessionId, after, pollMs);
    after = read.after;
    for (const message of read.messages) {
      if (message.sender !== party) state = await take(gateway, state, message, context);
    }
    const session = establishedSession(state);
    if (session !== undefined) return session;
  }
  throw new Error(`Session ${sessionId} was not established in time; is the key participant running?`);
}

async function take(
  gateway: GatewayClient,
  state: AgreementState,
  message: Parameters<typeof receiveMessage>[1],
  context: StepContext,
): Promise<AgreementState> {
  const result = await receiveMessage(state, message, context);
  if (result.kind === 'ignore') return state;
  if (result.kind === 'reject') throw new Error(`The session ends: ${result.refusal.code}: ${result.refusal.detail}`);
  for (const answer of result.send) await gateway.leaveSessionMessage(answer);
  return result.state;
}

/** Seals a text under a session for a task, in the form that the gateway takes. */
export function sealText(
  session: EstablishedSession,
  direction: Direction,
  reference: string,
  text: string,
): { sealed: string } {
  const blob = sealContent(
    { ...session, direction, reference, random: platformRandom },
    new TextEncoder().encode(text),
  );
  return { sealed: Buffer.from(blob).toString('base64') };
}
