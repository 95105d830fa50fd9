/** A User's or a Miner's side of a session: opens it by either method through the gateway, seals under it, closes it. */
import { type Hex, toHex, utf8 } from '@assay/protocol/encoding/bytes';
import { type EstablishedSession, keyOfEpoch, type StepContext } from '@assay/session-keys/agreement/agreement';
import { type AgreementState, establishedSession } from '@assay/session-keys/agreement/agreement-state';
import { phaseOf } from '@assay/session-keys/agreement/agreement-view';
import type { Message } from '@assay/session-keys/agreement/message';
import { receiveMessage, startAgreement } from '@assay/session-keys/agreement/session';
import type { AgreementPlan, Method } from '@assay/session-keys/agreement/transcript';
import { closeSession } from '@assay/session-keys/agreement/upkeep';
import type { Identities, IdentitySecret, Party } from '@assay/session-keys/identity/identity';
import { contentKey } from '@assay/session-keys/sealing/content-key';
import { sealContent } from '@assay/session-keys/sealing/seal';
import { openStream, type Source, sealStream } from '@assay/session-keys/sealing/seal-stream';
import type { Direction, SealedHeader } from '@assay/session-keys/sealing/sealed-header';
import type { GatewayClient } from './gateway-client.ts';
import { platformRandom } from './platform-random.ts';

/** The log of a session; a gateway keeps it. */
export type SessionLog = Pick<GatewayClient, 'leaveSessionMessage' | 'readSessionMessages'>;

/** What a participant brings to a session. Identities come from the keystore, never from another participant. */
export interface SessionOpening {
  readonly gateway: SessionLog;
  readonly party: Exclude<Party, 'oracle'>;
  /** 32 bytes, never used twice; both must be told the same. */
  readonly sessionId: Hex;
  /** {@link defaultMethod} if absent; both must take the same. */
  readonly method?: Method;
  /** Who draws the key with Method 2; the user if absent. Both must take the same. */
  readonly coordinator?: Party;
  readonly identities: Identities;
  readonly secret: IdentitySecret;
  /** How long the agreement may take. */
  readonly timeoutMs?: number;
}

/** Chosen by what docs/session-keys.md measures and compares. */
const defaultMethod: Method = 'method-1';

const openTimeoutMs = 60_000;
const waitMsMax = 5_000;

/** Refusals that are decided before a message's signature is known to be good. */
const unsigned: ReadonlySet<string> = new Set([
  'bad-signature',
  'from-self',
  'unknown-identity',
  'wrong-coordinator',
  'wrong-method',
  'wrong-round',
  'wrong-sender',
  'wrong-session',
]);

/** A session id that nobody has used: 32 random bytes. Whoever asks for the session draws it and tells the other. */
export function newSessionId(): Hex {
  return toHex(platformRandom(32));
}

/**
 * Runs the agreement until all three have confirmed the key.
 * Throws with a refusal's code, or when time is up.
 */
export async function openSession(opening: SessionOpening): Promise<Session> {
  const { gateway, party, sessionId, identities, secret } = opening;
  const context: StepContext = { secret, random: platformRandom };
  const plan: AgreementPlan = { sessionId, coordinator: opening.coordinator ?? 'user', identities };
  const started = startAgreement(opening.method ?? defaultMethod, plan, party, context);
  if (started.kind === 'reject') {
    throw new Error(`The session cannot start: ${started.refusal.code}: ${started.refusal.detail}`);
  }
  for (const message of started.send) await gateway.leaveSessionMessage(message);
  const session = new Session(gateway, started.state, context);
  const untilMs = Date.now() + (opening.timeoutMs ?? openTimeoutMs);
  while (session.phase !== 'established') {
    const leftMs = untilMs - Date.now();
    if (leftMs <= 0) {
      const why = session.passedOver === undefined ? '' : `, last message passed over: ${session.passedOver}`;
      throw new Error(
        `Session ${sessionId} was not established in time (${session.phase}${why}); is the key participant running?`,
      );
    }
    await session.catchUp(Math.min(leftMs, waitMsMax));
  }
  return session;
}

/** A session as one of its participants holds it. It is used by one program at a time. */
export class Session {
  private readonly gateway: SessionLog;
  private readonly context: StepContext;
  private state: AgreementState;
  private after = 0;
  /** Messages that came before their turn. */
  private early: Message[] = [];
  /** Why the last message was passed over that no participant of this session can have meant for it. */
  passedOver: string | undefined;

  constructor(gateway: SessionLog, state: AgreementState, context: StepContext) {
    this.gateway = gateway;
    this.state = state;
    this.context = context;
  }

  get phase(): ReturnType<typeof phaseOf> {
    return phaseOf(this.state);
  }

  /** Id, epoch, keys and transcript hash. Throws when the session is not established, or closed. */
  get established(): EstablishedSession {
    const session = establishedSession(this.state);
    if (session === undefined) throw new Error(`The session ${this.state.plan.sessionId} has no key: ${this.phase}.`);
    return session;
  }

  /**
   * Seals a text for a task under the session's current epoch, in the form that the gateway takes. Catch up before, if
   * the session has been idle: content of an epoch that is two behind cannot be judged.
   */
  seal(direction: Direction, reference: string, text: string): { sealed: string } {
    const sealing = { ...this.established, direction, reference, random: platformRandom };
    return { sealed: toBase64(sealContent(sealing, utf8(text))) };
  }

  /**
   * Seals content of more than 1 MiB as it is read, in bounded memory; it is read twice. What comes of it can be kept
   * anywhere; a task's contents have the gateway's limits. See {@link sealStream}.
   */
  sealStream(direction: Direction, reference: string, read: () => Source): AsyncGenerator<Uint8Array, void> {
    return sealStream({ ...this.established, direction, reference, random: platformRandom }, read);
  }

  /** Opens content that was sealed by {@link sealStream} under this session's epoch or the one before. */
  openStream(reference: string, sealed: Source): AsyncGenerator<Uint8Array, void> {
    const session = this.established;
    const keyFor = (header: SealedHeader) => {
      const epochKey = header.sessionId === session.sessionId ? keyOfEpoch(session, header.epoch) : undefined;
      return epochKey && contentKey(epochKey, header, reference);
    };
    return openStream(keyFor, reference, sealed);
  }

  /** Takes what the others have said since, waiting up to `waitMs` for it: their words in the agreement, rekeys, the close. Throws with a refusal's code. */
  async catchUp(waitMs = 0): Promise<void> {
    const read = await this.gateway.readSessionMessages(this.state.plan.sessionId, this.after, waitMs);
    this.after = read.after;
    for (const message of read.messages) if (message.sender !== this.state.party) await this.take(message);
  }

  /** Ends the session: all three delete its keys, and its content is unreadable for good. */
  async close(): Promise<void> {
    await this.catchUp();
    if (this.phase === 'closed') return;
    const closed = closeSession(this.state, this.context);
    if (closed.kind === 'reject') throw new Error(`${closed.refusal.code}: ${closed.refusal.detail}`);
    for (const message of closed.send) await this.gateway.leaveSessionMessage(message);
    this.state = closed.state;
  }

  /** Anyone can leave a message in a session's log; what no participant signed is passed over. */
  private async take(message: Message): Promise<void> {
    const result = await receiveMessage(this.state, message, this.context);
    if (result.kind === 'ignore') return;
    if (result.kind === 'reject') {
      const { code, detail } = result.refusal;
      if (code === 'too-early') this.early.push(message);
      else if (unsigned.has(code)) this.passedOver = code;
      else throw new Error(`The session ends: ${code}: ${detail}`);
      return;
    }
    this.state = result.state;
    for (const answer of result.send) await this.gateway.leaveSessionMessage(answer);
    const again = this.early;
    this.early = [];
    for (const earlier of again) await this.take(earlier);
  }
}

/** Base64 with padding, by what browsers have too. */
function toBase64(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}
