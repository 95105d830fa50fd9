/** Wall time of a key agreement over a real NATS with JetStream on disk. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectNats } from '@assay/adapters/nats/bus';
import { ensureNatsStreams } from '@assay/adapters/nats/streams';
import { startNats } from '@assay/adapters/process/server-programs';
import { subjects } from '@assay/protocol/bus/subjects';
import type { Bus } from '@assay/protocol/ports';
import type { StepContext } from '@assay/session-keys/agreement/agreement';
import { type AgreementState, establishedSession } from '@assay/session-keys/agreement/agreement-state';
import { decodeMessage, encodeMessage, type Message } from '@assay/session-keys/agreement/message';
import { receiveMessage, startAgreement } from '@assay/session-keys/agreement/session';
import type { AgreementPlan, Method } from '@assay/session-keys/agreement/transcript';
import { PARTIES, type Party } from '@assay/session-keys/identity/identity';
import { quantile, rounded } from '../spread.ts';
import { benchParties } from './keys-parties.ts';

/** Wall time from the first message to the last party's session. */
export interface BusWall {
  readonly sessions: number;
  readonly msP50: number;
  readonly msP99: number;
}

/** Times sessions one at a time; each party has its own connection and follows the stream of sessions. */
export async function measureBus(method: Method, sessions: number): Promise<BusWall> {
  const dir = await mkdtemp(join(tmpdir(), 'assay-bench-'));
  const nats = await startNats({ dir });
  const stopping = new AbortController();
  const links: Awaited<ReturnType<typeof connectNats>>[] = [];
  try {
    await ensureNatsStreams({ servers: nats.url });
    const parties = benchParties();
    const seats: Seat[] = [];
    for (const party of PARTIES) {
      const link = await connectNats({ servers: nats.url, name: `bench ${party}` });
      links.push(link);
      seats.push(new Seat(link.bus, party, parties.contexts[party], stopping.signal));
    }
    const times: number[] = [];
    for (let session = 0; session < sessions + 1; session += 1) {
      const plan = parties.newPlan();
      const startedMs = performance.now();
      await Promise.all(seats.map((seat) => seat.hold(method, plan)));
      if (session > 0) times.push(performance.now() - startedMs);
    }
    return { sessions, msP50: rounded(quantile(times, 0.5)), msP99: rounded(quantile(times, 0.99)) };
  } finally {
    stopping.abort();
    await Promise.all(links.map(({ bus }) => bus.close()));
    await nats.stop();
    await rm(dir, { recursive: true, force: true });
  }
}

/** One party with its connection: handles the stream's messages in order and answers on it. */
class Seat {
  private readonly bus: Bus;
  private readonly party: Party;
  private readonly context: StepContext;
  private state: AgreementState | undefined;
  private early: Message[] = [];
  private tell: { done(): void; failed(error: unknown): void } | undefined;

  constructor(bus: Bus, party: Party, context: StepContext, signal: AbortSignal) {
    this.bus = bus;
    this.party = party;
    this.context = context;
    this.follow(signal).catch((error: unknown) => this.tell?.failed(error));
  }

  /** Starts this party's side of a session; resolves once it is established. */
  async hold(method: Method, plan: AgreementPlan): Promise<void> {
    const established = new Promise<void>((done, failed) => {
      this.tell = { done, failed };
    });
    const started = startAgreement(method, plan, this.party, this.context);
    if (started.kind === 'reject') throw new Error(started.refusal.code);
    this.state = started.state;
    await this.say(started.send);
    await this.hearAgain();
    await established;
  }

  private async follow(signal: AbortSignal): Promise<void> {
    for await (const { data } of this.bus.follow('SESSIONS', { filterSubject: subjects.sessions }, signal)) {
      const message = decodeMessage(data);
      if (message.ok && message.value.sender !== this.party) await this.hear(message.value);
    }
  }

  private async hear(message: Message): Promise<void> {
    const { state } = this;
    if (state === undefined || message.sessionId !== state.plan.sessionId) {
      this.early.push(message);
      return;
    }
    const result = await receiveMessage(state, message, this.context);
    if (result.kind === 'reject' && result.refusal.code === 'message-too-early') this.early.push(message);
    else if (result.kind === 'reject') throw new Error(result.refusal.code);
    if (result.kind !== 'accept') return;
    this.state = result.state;
    await this.say(result.send);
    if (establishedSession(result.state) !== undefined) this.tell?.done();
    await this.hearAgain();
  }

  /** Messages that arrived before this party had started, or early. */
  private async hearAgain(): Promise<void> {
    const early = this.early.filter(({ sessionId }) => sessionId === this.state?.plan.sessionId);
    this.early = [];
    for (const message of early) await this.hear(message);
  }

  private async say(messages: readonly Message[]): Promise<void> {
    for (const message of messages) {
      await this.bus.publish(subjects.session(message.sessionId), encodeMessage(message));
    }
  }
}
