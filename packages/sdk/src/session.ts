/** A User's or a Miner's side of a session: opens it by either method through the gateway, seals under it, closes it. */
import { type Hex, toHex, utf8 } from '@assay/protocol/encoding/bytes';
import { type EstablishedSession, keyOfEpoch, type StepContext } from '@assay/session-keys/agreement/agreement';
import { type AgreementState, establishedSession } from '@assay/session-keys/agreement/agreement-state';
import { phaseOf } from '@assay/session-keys/agreement/agreement-view';
import type { Message } from '@assay/session-keys/agreement/message';
import { closeSession } from '@assay/session-keys/agreement/rekey-and-close';
import { receiveMessage, startAgreement } from '@assay/session-keys/agreement/session';
import type { AgreementPlan, Method } from '@assay/session-keys/agreement/transcript';
import type { Identities, IdentitySecret, Party } from '@assay/session-keys/identity/identity';
import { contentKey } from '@assay/session-keys/sealing/content-key';
import { sealContent } from '@assay/session-keys/sealing/seal';
import { openStream, type Source, sealStream } from '@assay/session-keys/sealing/seal-stream';
import type { Direction, SealedHeader } from '@assay/session-keys/sealing/sealed-header';
import type { GatewayClient } from './gateway-client.ts';
import { platformRandom } from './platform-random.ts';

/** The log of a session, kept by a gateway. */
export type SessionLog = Pick<GatewayClient, 'leaveSessionMessage' | 'readSessionMessages'>;

/** A participant's options for a session. Identities come from the keystore, never from another participant. */
export interface SessionOpening {
  readonly gateway: SessionLog;
  readonly party: Exclude<Party, 'oracle'>;
  /** 32 bytes, never used twice; both must use the same. */
  readonly sessionId: Hex;
  /** {@link defaultMethod} if absent; both must use the same. */
  readonly method?: Method;
  /** The party that draws the key with Method 2; the user if absent. Both must use the same. */
  readonly coordinator?: Party;
  readonly identities: Identities;
  readonly secret: IdentitySecret;
  /** Time-out of the agreement. */
  readonly timeoutMs?: number;
}

/** The choice is explained in docs/session-keys.md. */
const defaultMethod: Method = 'method-1';

const openTimeoutMs = 60_000;
const waitMsMax = 5_000;

/** Refusals that are decided before a message's signature is verified. */
const unsigned: ReadonlySet<string> = new Set([
  'forged',
  'from-self',
  'unknown-identity',
  'wrong-coordinator',
  'wrong-agreement-method',
  'wrong-round',
  'wrong-sender',
  'wrong-session',
]);

/** A new session id: 32 random bytes. The party that asks for the session draws it and sends it to the other. */
export function newSessionId(): Hex {
  return toHex(platformRandom(32));
}

/** Runs the agreement until all three have confirmed the key. Throws with a refusal's code, or after the time-out. */
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

/** One participant's side of a session. It is used by one program at a time. */
export class Session {
  private readonly gateway: SessionLog;
  private readonly context: StepContext;
  private state: AgreementState;
  private after = 0;
  /** Messages that arrived early. */
  private early: Message[] = [];
  /** Why the last ignored message was not from a participant of this session. */
  passedOver: string | undefined;

  constructor(gateway: SessionLog, state: AgreementState, context: StepContext) {
    this.gateway = gateway;
    this.state = state;
    this.context = context;
  }

  get phase(): ReturnType<typeof phaseOf> {
    return phaseOf(this.state);
  }

  /** Id, epoch, keys and transcript hash. Throws if the session is not established or is closed. */
  get established(): EstablishedSession {
    const session = establishedSession(this.state);
    if (session === undefined) throw new Error(`The session ${this.state.plan.sessionId} has no key: ${this.phase}.`);
    return session;
  }

  /**
   * Seals a text for a task under the session's current epoch, in the encoding that the gateway accepts. If the session
   * has been idle, catch up first: content that is two epochs old cannot be judged.
   */
  seal(direction: Direction, reference: string, text: string): { sealed: string } {
    const sealing = { ...this.established, direction, reference, random: platformRandom };
    return { sealed: toBase64(sealContent(sealing, utf8(text))) };
  }

  /**
   * Seals content of more than 1 MiB as a stream, in bounded memory; the content is read twice. The result can be
   * stored anywhere; a task's contents have the gateway's limits. See {@link sealStream}.
   */
  sealStream(direction: Direction, reference: string, read: () => Source): AsyncGenerator<Uint8Array, void> {
    return sealStream({ ...this.established, direction, reference, random: platformRandom }, read);
  }

  /** Opens content that {@link sealStream} sealed under this session's current or previous epoch. */
  openStream(reference: string, sealed: Source): AsyncGenerator<Uint8Array, void> {
    const session = this.established;
    const keyFor = (header: SealedHeader) => {
      const epochKey = header.sessionId === session.sessionId ? keyOfEpoch(session, header.epoch) : undefined;
      return epochKey && contentKey(epochKey, header, reference);
    };
    return openStream(keyFor, reference, sealed);
  }

  /**
   * Handles new messages of the others, waiting up to `waitMs` for them: agreement, rekeys, close. Throws with a
   * refusal's code.
   */
  async catchUp(waitMs = 0): Promise<void> {
    const read = await this.gateway.readSessionMessages(this.state.plan.sessionId, this.after, waitMs);
    this.after = read.after;
    for (const message of read.messages) if (message.sender !== this.state.party) await this.take(message);
  }

  /** Closes the session: all three delete its keys, and its content becomes permanently unreadable. */
  async close(): Promise<void> {
    await this.catchUp();
    if (this.phase === 'closed') return;
    const closed = closeSession(this.state, this.context);
    if (closed.kind === 'reject') throw new Error(`${closed.refusal.code}: ${closed.refusal.detail}`);
    for (const message of closed.send) await this.gateway.leaveSessionMessage(message);
    this.state = closed.state;
  }

  /** Anyone can publish a message in a session's log. Messages that no participant signed are ignored. */
  private async take(message: Message): Promise<void> {
    const result = await receiveMessage(this.state, message, this.context);
    if (result.kind === 'ignore') return;
    if (result.kind === 'reject') {
      const { code, detail } = result.refusal;
      if (code === 'message-too-early') this.early.push(message);
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
