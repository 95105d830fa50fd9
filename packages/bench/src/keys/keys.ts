/** Cost of a session key by either method: CPU time, messages, bytes, time over a real bus, gas. */
import type { StepContext } from '@assay/session-keys/agreement/agreement';
import {
  type AgreementState,
  decodeState,
  encodeState,
  establishedSession,
} from '@assay/session-keys/agreement/agreement-state';
import { decodeMessage, encodeMessage } from '@assay/session-keys/agreement/message';
import { receiveMessage, startAgreement } from '@assay/session-keys/agreement/session';
import { METHODS, type Method } from '@assay/session-keys/agreement/transcript';
import { PARTIES, type Party } from '@assay/session-keys/identity/identity';
import { roundsOf } from '@assay/session-keys/methods/method-rounds';
import { quantile, rounded } from '../spread.ts';
import { type BusWall, measureBus } from './keys-bus.ts';
import { measureGas, type RecordGas } from './keys-gas.ts';
import { type BenchParties, benchParties } from './keys-parties.ts';

/** One party's cost of one session. */
export interface PartyCost {
  /** CPU time of all its steps, including decoding and encoding of its state. */
  readonly cpuMsMean: number;
  readonly cpuMsP50: number;
  readonly messages: number;
  readonly bytes: number;
}

export interface MethodCost {
  readonly method: Method;
  readonly rounds: number;
  readonly parties: Readonly<Record<Party, PartyCost>>;
  /** Over NATS on this machine; the three parties in one process. */
  readonly wall: BusWall;
}

export interface KeysBench {
  readonly sessions: number;
  readonly methods: readonly MethodCost[];
  readonly gas: RecordGas;
}

export interface KeysBenchOptions {
  /** Sessions whose CPU time is measured, for each method. */
  readonly sessions?: number;
  /** Sessions that are timed over the bus, for each method. */
  readonly busSessions?: number;
  /** Called at the start of each step. */
  readonly onProgress?: (step: string) => void;
}

const warmUp = 10;

/** Runs the benchmark. Default: 1,000 sessions by each method for CPU time, as many over the bus, one on chain. */
export async function benchKeys(options: KeysBenchOptions = {}): Promise<KeysBench> {
  const { sessions = 1_000, busSessions = sessions, onProgress = () => undefined } = options;
  const methods: MethodCost[] = [];
  for (const method of METHODS) {
    onProgress(`${method}: ${sessions} sessions in memory`);
    const parties = await measureParties(method, sessions);
    onProgress(`${method}: ${busSessions} sessions over NATS`);
    const wall = await measureBus(method, busSessions);
    methods.push({ method, rounds: roundsOf(method).rounds.length, parties, wall });
  }
  onProgress('gas of the keystore on a local chain');
  return { sessions, methods, gas: await measureGas() };
}

/** Running totals of one party. */
interface Meter {
  readonly cpuMs: number[];
  messages: number;
  bytes: number;
}

async function measureParties(method: Method, sessions: number): Promise<Record<Party, PartyCost>> {
  const parties = benchParties();
  for (let session = 0; session < warmUp; session += 1) await runMetered(method, parties, newMeters());
  const meters = newMeters();
  for (let session = 0; session < sessions; session += 1) await runMetered(method, parties, meters);
  const costOf = ({ cpuMs, messages, bytes }: Meter): PartyCost => ({
    cpuMsMean: rounded(cpuMs.reduce((sum, one) => sum + one, 0) / sessions),
    cpuMsP50: rounded(quantile(cpuMs, 0.5)),
    messages: messages / sessions,
    bytes: Math.round(bytes / sessions),
  });
  return { user: costOf(meters.user), miner: costOf(meters.miner), oracle: costOf(meters.oracle) };
}

function newMeters(): Record<Party, Meter> {
  const meter = (): Meter => ({ cpuMs: [], messages: 0, bytes: 0 });
  return { user: meter(), miner: meter(), oracle: meter() };
}

/** One agreement; each step decodes its state and its message from bytes, like a service. */
async function runMetered(
  method: Method,
  { contexts, newPlan }: BenchParties,
  meters: Record<Party, Meter>,
): Promise<void> {
  const plan = newPlan();
  const states = new Map<Party, Uint8Array>();
  const wire: { readonly sender: Party; readonly bytes: Uint8Array }[] = [];
  const spent = { user: 0, miner: 0, oracle: 0 };
  const step = async (party: Party, work: () => Promise<{ state: AgreementState; said: readonly Uint8Array[] }>) => {
    const before = process.cpuUsage();
    const { state, said } = await work();
    states.set(party, encodeState(state));
    const { user, system } = process.cpuUsage(before);
    spent[party] += (user + system) / 1_000;
    wire.push(...said.map((bytes) => ({ sender: party, bytes })));
    meters[party].messages += said.length;
    meters[party].bytes += said.reduce((sum, bytes) => sum + bytes.length, 0);
  };
  for (const party of PARTIES) {
    await step(party, async () => {
      const started = startAgreement(method, plan, party, contexts[party]);
      if (started.kind === 'reject') throw new Error(started.refusal.code);
      return { state: started.state, said: started.send.map(encodeMessage) };
    });
  }
  for (let next = 0; next < wire.length; next += 1) {
    const { sender, bytes } = wire[next] as (typeof wire)[number];
    for (const party of PARTIES.filter((one) => one !== sender)) {
      await step(party, () => hear(states.get(party) ?? new Uint8Array(), bytes, contexts[party]));
    }
  }
  for (const party of PARTIES) {
    const state = decodeState(states.get(party) ?? new Uint8Array());
    if (!state.ok || establishedSession(state.value) === undefined) throw new Error(`the ${party} has no session`);
    meters[party].cpuMs.push(spent[party]);
  }
}

async function hear(stored: Uint8Array, bytes: Uint8Array, context: StepContext) {
  const [state, message] = [decodeState(stored), decodeMessage(bytes)];
  if (!state.ok || !message.ok) throw new Error('a state or message does not decode');
  const result = await receiveMessage(state.value, message.value, context);
  if (result.kind !== 'accept') throw new Error(result.kind === 'reject' ? result.refusal.code : result.code);
  return { state: result.state, said: result.send.map(encodeMessage) };
}
