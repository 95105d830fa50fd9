/** Key participants over an in-memory bus, with a User and a Miner; replicas can be killed at any of their effects. */
import { randomBytes } from 'node:crypto';
import { MemoryBroker } from '@assay/adapters/memory/memory-bus';
import { memoryCache } from '@assay/adapters/memory/memory-cache';
import { MemoryLedger } from '@assay/adapters/memory/memory-chain';
import { type MemoryContentStore, memoryContentStore } from '@assay/adapters/memory/memory-content-store';
import { memoryTelemetry } from '@assay/adapters/memory/memory-telemetry';
import { systemClock } from '@assay/adapters/process/system-clock';
import { subjects } from '@assay/protocol/bus/subjects';
import { type Hex, toHex } from '@assay/protocol/encoding/bytes';
import { decodeMessage, encodeMessage } from '@assay/protocol/encoding/decode';
import { exampleNetwork } from '@assay/protocol/network/example-network';
import type { Bus, Cache, Clock, Delivery, SessionEntry } from '@assay/protocol/ports';
import type { AuditNote } from '@assay/runtime/audit/audit-log';
import { TaskSource } from '@assay/runtime/validator/task-source';
import type { AgreementState } from '@assay/session-keys/agreement/agreement-state';
import { establishedSession } from '@assay/session-keys/agreement/agreement-state';
import { type Message, messageSchema } from '@assay/session-keys/agreement/message';
import { receiveMessage, startAgreement } from '@assay/session-keys/agreement/session';
import type { AgreementPlan, Method } from '@assay/session-keys/agreement/transcript';
import { type IdentitySecret, identityOf, type Party } from '@assay/session-keys/identity/identity';
import { noneSent, type Participant } from './participant.ts';
import { runParticipant } from './run-participant.ts';
import { SessionStore } from './session-store.ts';

/** Sleeps a fiftieth of what is asked for, so that ack waits of seconds pass quickly. */
const hastyClock: Clock = { nowMs: () => Date.now(), sleep: (ms, signal) => systemClock.sleep(ms / 50, signal) };

const random = (length: number) => new Uint8Array(randomBytes(length));
const secret = (): IdentitySecret => ({ signingKey: random(32), agreementSecret: random(32) });

/** The effects of a killed process: nothing happens any more, and nothing is answered. */
export class Life {
  readonly stopped = new AbortController();
  #effectsLeft: number;
  effects = 0;

  /** Dies at the effect of this number, from 1; 0: never. */
  constructor(diesAt = 0) {
    this.#effectsLeft = diesAt;
  }

  /** One effect: it happens and returns, or the process dies right before or right after it. */
  async effect<T>(work: () => Promise<T>): Promise<T> {
    await this.#mayDie();
    const done = await work();
    await this.#mayDie();
    return done;
  }

  async #mayDie(): Promise<void> {
    this.effects += 1;
    this.#effectsLeft -= 1;
    if (this.#effectsLeft === 0) this.stopped.abort();
    if (this.stopped.signal.aborted) await new Promise<never>(() => {});
  }
}

function mortalBus(bus: Bus, life: Life): Bus {
  const { signal } = life.stopped;
  const mortal = (delivery: Delivery): Delivery => ({
    ...delivery,
    ack: () => life.effect(() => delivery.ack()),
    nak: (delayMs) => signal.aborted || delivery.nak(delayMs),
    term: () => signal.aborted || delivery.term(),
    working: () => signal.aborted || delivery.working(),
  });
  return {
    ...bus,
    publish: (subject, data, options) => life.effect(() => bus.publish(subject, data, options)),
    async *work(options, until) {
      for await (const delivery of bus.work(options, until)) yield mortal(delivery);
    },
  };
}

/** A network of key participants that share broker, cache, chain and keys. */
export class SessionWorld {
  readonly broker = new MemoryBroker({ clock: hastyClock });
  readonly cache = memoryCache(hastyClock);
  readonly content: MemoryContentStore = memoryContentStore();
  readonly entries: SessionEntry[] = [];
  readonly telemetry = memoryTelemetry();
  readonly notes: AuditNote[] = [];
  readonly example = exampleNetwork();
  readonly secrets: Readonly<Record<Party, IdentitySecret>> = { user: secret(), miner: secret(), oracle: secret() };
  readonly identities = {
    user: identityOf('user', this.secrets.user),
    miner: identityOf('miner', this.secrets.miner),
    oracle: identityOf('oracle', this.secrets.oracle),
  };
  readonly #ledger = new MemoryLedger(this.example.network);
  readonly #keyEncryptionKey = random(32);
  readonly #running: Promise<void>[] = [];
  readonly #lives: Life[] = [];

  constructor() {
    for (const { address, agreementKey } of Object.values(this.identities))
      this.#ledger.setAgreementKey(address, agreementKey);
  }

  /** The records of sessions, except for agreements in progress. */
  get recorded(): readonly SessionEntry[] {
    return this.entries.filter(({ state }) => state !== 'proposed');
  }

  /** Starts one more replica. */
  replica(life = new Life(), clock: Clock = hastyClock): Participant {
    const bus = mortalBus(this.broker.connect(), life);
    const cache: Cache = {
      ...this.cache,
      replace: (key, expected, value, ttl) => life.effect(() => this.cache.replace(key, expected, value, ttl)),
    };
    const policies = new Map([[this.example.policy.name, this.example.policy]]);
    const view = { network: this.example.network, policies };
    const epoch = { ...view, tasks: new TaskSource(bus, view) };
    const participant: Participant = {
      service: 'oracle-key-participant',
      bus,
      chain: this.#ledger.chain(),
      clock,
      telemetry: this.telemetry,
      epochs: () => [epoch],
      records: { note: (one) => void this.notes.push(one), record: async (one) => void this.notes.push(one) },
      sessions: new SessionStore(cache, this.#keyEncryptionKey, random, clock),
      sent: noneSent(),
      ledger: {
        record: async (entry) => {
          if (!this.entries.some((one) => JSON.stringify(one) === JSON.stringify(entry))) this.entries.push(entry);
          return { status: 'recorded', gasUsed: 0 };
        },
      },
      identity: this.identities.oracle,
      secret: this.secrets.oracle,
      random,
    };
    this.#lives.push(life);
    this.#running.push(runParticipant({ ...participant, contentStore: this.content }, life.stopped.signal));
    return participant;
  }

  /** Stops all replicas. Those killed during an effect never end. */
  async stop(): Promise<void> {
    for (const { stopped } of this.#lives) stopped.abort();
    await Promise.race([Promise.all(this.#running), systemClock.sleep(50)]);
  }

  /** The User's or the Miner's side until the session is established; rejects after `timeoutMs`. */
  async join(
    party: 'user' | 'miner',
    method: Method,
    plan: AgreementPlan,
    timeoutMs = 60_000,
  ): Promise<AgreementState> {
    const context = { secret: this.secrets[party], random };
    const started = startAgreement(method, plan, party, context);
    if (started.kind === 'reject') throw new Error(started.refusal.code);
    await this.say(started.send);
    let { state } = started;
    let after = 0;
    for (const untilMs = Date.now() + timeoutMs; Date.now() < untilMs; ) {
      const message = await this.next(plan.sessionId, after);
      if (message === undefined) {
        await systemClock.sleep(2);
        continue;
      }
      after = message.sequence;
      if (message.said.sender === party) continue;
      const step = await receiveMessage(state, message.said, context);
      if (step.kind === 'reject') throw new Error(`the ${party} refuses: ${step.refusal.code}: ${step.refusal.detail}`);
      if (step.kind === 'accept') {
        state = step.state;
        await this.say(step.send);
      }
      if (establishedSession(state) !== undefined) return state;
    }
    throw new Error(`the ${party} has no session in time`);
  }

  /** User and Miner open a session at once; both states. */
  async open(
    method: Method,
    coordinator: Party = 'user',
  ): Promise<{ plan: AgreementPlan; user: AgreementState; miner: AgreementState }> {
    const plan = { sessionId: toHex(random(32)), coordinator, identities: this.identities };
    const [user, miner] = await Promise.all([this.join('user', method, plan), this.join('miner', method, plan)]);
    return { plan, user, miner };
  }

  async say(messages: readonly Message[]): Promise<void> {
    const bus = this.broker.connect();
    for (const message of messages) {
      const messageId = `session-${message.signature}`;
      await bus.publish(subjects.session(message.sessionId), encodeMessage(message), { messageId });
    }
  }

  /** The first message of a session after a sequence. */
  async next(
    sessionId: Hex,
    after: number,
  ): Promise<{ readonly said: Message; readonly sequence: number } | undefined> {
    const found = await this.broker.connect().next('SESSIONS', subjects.session(sessionId), after);
    if (found === undefined) return undefined;
    const decoded = decodeMessage(messageSchema, found.data);
    if (!decoded.ok) throw new Error(decoded.refusal.detail);
    return { said: decoded.value, sequence: found.sequence };
  }
}
