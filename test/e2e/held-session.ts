/**
 * The User's and the Miner's side of one session under the test's control: they send one message at a time, on request.
 */
import { randomBytes } from 'node:crypto';
import { subjects } from '@assay/protocol/bus/subjects';
import { type Hex, toHex } from '@assay/protocol/encoding/bytes';
import type { Bus } from '@assay/protocol/ports';
import type { GatewayClient } from '@assay/sdk/gateway-client';
import { type AgreementState, establishedSession } from '@assay/session-keys/agreement/agreement-state';
import { isRoundComplete, messageOf } from '@assay/session-keys/agreement/agreement-view';
import { decodeMessage, type Message } from '@assay/session-keys/agreement/message';
import { receiveMessage, startAgreement } from '@assay/session-keys/agreement/session';
import type { AgreementPlan, Method } from '@assay/session-keys/agreement/transcript';
import type { Identities, IdentitySecret } from '@assay/session-keys/identity/identity';
import { roundsOf } from '@assay/session-keys/methods/method-rounds';
import { within } from '../integration/eventually.ts';

const clients = ['user', 'miner'] as const;
const waitMs = 60_000;
const random = (length: number) => new Uint8Array(randomBytes(length));

/** The method and coordinator of a session. */
export interface HeldOpening {
  readonly gateway: GatewayClient;
  readonly method: Method;
  readonly coordinator: AgreementPlan['coordinator'];
  readonly identities: Identities;
  readonly secrets: Readonly<Record<(typeof clients)[number], IdentitySecret>>;
}

export class HeldSession {
  readonly sessionId: Hex = toHex(random(32));
  readonly method: Method;
  readonly #opening: HeldOpening;
  readonly #plan: AgreementPlan;
  readonly #states = new Map<string, AgreementState>();
  /** Unsent messages of the two. */
  readonly #outbox: Message[] = [];
  /** The session's messages on the stream, with their times. */
  readonly #log: Message[] = [];
  readonly #takenAtMs = new Map<Message, number>();
  readonly #waiting = new Set<() => void>();
  /** Messages that the two have sent. */
  said = 0;
  /** The code with which one of the two refused a message, which fails the agreement. */
  refused: string | undefined;

  constructor(opening: HeldOpening) {
    this.#opening = opening;
    this.method = opening.method;
    this.#plan = { sessionId: this.sessionId, coordinator: opening.coordinator, identities: opening.identities };
    for (const party of clients) {
      const started = startAgreement(opening.method, this.#plan, party, { secret: opening.secrets[party], random });
      if (started.kind === 'reject') throw new Error(started.refusal.code);
      this.#states.set(party, started.state);
      this.#outbox.push(...started.send);
    }
  }

  /** Description of the session, for failure messages. */
  get name(): string {
    return `${this.method} by the ${this.#plan.coordinator} after ${this.said} messages, ${this.sessionId}`;
  }

  /**
   * Sends messages, each after the Oracle has answered everything before it, until `count` are sent in total. Does not
   * wait for the last answer.
   */
  async sayUpTo(count: number): Promise<void> {
    while (this.said < count) {
      await this.#until('the Oracle', () => !this.#oracleOwes());
      const message = this.#outbox.shift();
      if (message === undefined) throw new Error(`${this.name}: nothing is left to say`);
      this.said += 1;
      await this.#opening.gateway.leaveSessionMessage(message);
      await this.#until('its own message', () => this.#log.some(({ signature }) => signature === message.signature));
    }
  }

  /** Resolves when the Oracle has sent its messages. */
  answered(): Promise<void> {
    return this.#until('the Oracle', () => !this.#oracleOwes());
  }

  /** Sends everything that is left; returns the final keys of the two. */
  async finish(): Promise<readonly (string | undefined)[]> {
    await this.answered();
    while (this.#outbox.length > 0) {
      await this.sayUpTo(this.said + 1);
      await this.answered();
    }
    return this.keys;
  }

  /** The session keys of User and Miner; undefined without one. */
  get keys(): readonly (string | undefined)[] {
    return clients.map((party) => this.#established(party)?.sessionKey.toString());
  }

  get transcriptHash(): Hex | undefined {
    return this.#established('user')?.transcriptHash;
  }

  /** Stream time of the Oracle's last message, milliseconds since 1970; 0 before its first. */
  get oracleSpokeAtMs(): number {
    const last = this.#log.findLast(({ sender }) => sender === 'oracle');
    return last === undefined ? 0 : (this.#takenAtMs.get(last) ?? 0);
  }

  /** Handles a message from the stream. */
  async hear(message: Message, takenAtMs: number): Promise<void> {
    for (const party of clients.filter((one) => one !== message.sender)) {
      const state = this.#states.get(party);
      if (state === undefined) continue;
      const result = await receiveMessage(state, message, { secret: this.#opening.secrets[party], random });
      if (result.kind === 'reject') this.refused = result.refusal.code;
      if (result.kind !== 'accept') continue;
      this.#states.set(party, result.state);
      this.#outbox.push(...result.send);
    }
    this.#log.push(message);
    this.#takenAtMs.set(message, takenAtMs);
    for (const look of this.#waiting) look();
  }

  #established(party: string) {
    const state = this.#states.get(party);
    return state && establishedSession(state);
  }

  /** Whether the Oracle has an unsent message in the rounds so far. */
  #oracleOwes(): boolean {
    const view = { method: this.method, plan: this.#plan, party: 'oracle', log: this.#log } as const;
    return roundsOf(this.method).rounds.some(({ senders }, index) => {
      const isItsTurn =
        this.#log.length > 0 &&
        Array.from({ length: index }, (_, at) => at + 1).every((round) => isRoundComplete(view, round));
      const speaks = senders(this.#plan.coordinator).includes('oracle');
      return speaks && isItsTurn && messageOf(this.#log, index + 1, 'oracle') === undefined;
    });
  }

  #until(whom: string, reached: () => boolean): Promise<void> {
    const done = new Promise<void>((resolve, reject) => {
      const look = () => {
        if (!reached() && this.refused === undefined) return;
        this.#waiting.delete(look);
        if (this.refused === undefined) resolve();
        else reject(new Error(`${this.name}: refused with ${this.refused}`));
      };
      this.#waiting.add(look);
      look();
    });
    return within(`${whom} in ${this.name}`, done, waitMs);
  }
}

/** Passes the stream's messages to their sessions, until the signal aborts. */
export async function followSessions(
  bus: Bus,
  sessions: ReadonlyMap<Hex, HeldSession>,
  signal: AbortSignal,
): Promise<void> {
  for await (const { data, timestampMs } of bus.follow('SESSIONS', { filterSubject: subjects.sessions }, signal)) {
    const message = decodeMessage(data);
    if (message.ok) await sessions.get(message.value.sessionId)?.hear(message.value, timestampMs);
  }
}
