/** A whole network in one process: twins of every port, validators, aggregators, a gateway, and the weather between. */

import { useFastPrimitives } from '@assay/adapters/keys/fast-primitives';
import { MemoryBroker } from '@assay/adapters/memory/memory-bus';
import { memoryCache } from '@assay/adapters/memory/memory-cache';
import { MemoryLedger } from '@assay/adapters/memory/memory-chain';
import { memoryContentStore } from '@assay/adapters/memory/memory-content-store';
import { absentSigningJournal, memorySigningJournal } from '@assay/adapters/memory/memory-signing-journal';
import { memoryTelemetry } from '@assay/adapters/memory/memory-telemetry';
import { authenticatedCache } from '@assay/adapters/redis/authenticated-cache';
import { eventLine, startLine } from '@assay/aggregation/record/recording';
import {
  type Example,
  type ExampleOperator,
  exampleNetwork,
  examplePolicy,
} from '@assay/protocol/network/example-network';
import { type Role, roles } from '@assay/protocol/observation/role';
import type { Bus, Keyring, SigningJournal } from '@assay/protocol/ports';
import { signDigest } from '@assay/protocol/signature/signature';
import type { NetworkView } from '@assay/runtime/service/network-view';
import { TaskSource } from '@assay/runtime/validator/task-source';
import { runValidator } from '@assay/runtime/validator/validator';
import type { RoleCheck } from '@assay/runtime/validator/validator-context';
import { type Aggregator, newAggregator } from '../../services/consensus-aggregator/src/aggregator.ts';
import type { EventRecorder } from '../../services/consensus-aggregator/src/event-recorder.ts';
import { runAggregator } from '../../services/consensus-aggregator/src/run-aggregator.ts';
import { SnapshotStore } from '../../services/consensus-aggregator/src/snapshot-store.ts';
import { copyingCheck } from './copy-cat.ts';
import { hostileBus, hostileCache, hostileStore, noAdversaries, type Victim } from './hostile-ports.ts';
import type { Conduct, OperatorPlan, Plan } from './plan.ts';
import { SeededRandom } from './seeded-random.ts';
import { SimProcess } from './sim-process.ts';
import { simulatedCheck } from './stated-quality-check.ts';
import { VirtualClock } from './virtual-clock.ts';
import { type Life, Sky } from './weather.ts';
import { weatherBus, weatherCache, weatherChain, weatherStore } from './weather-ports.ts';
import { Witness } from './witness.ts';

// The runs of this process share one cache of recovered signers, as a service has one.
await useFastPrimitives();

/** Stages of aggregators' turns: short, so that many turns fit a run. */
const turnDeltaMs = 1_000;
const batchWaitMs = 200;
const batchesAheadMax = 2;

export class SimNetwork {
  readonly plan: Plan;
  readonly random: SeededRandom;
  readonly clock = new VirtualClock();
  readonly broker: MemoryBroker;
  readonly ledger: MemoryLedger;
  readonly store = memoryContentStore();
  readonly telemetry = memoryTelemetry();
  readonly witness = new Witness();
  readonly example: Example;
  readonly view: NetworkView;
  /** A bus without weather. */
  readonly clearBus: Bus;
  readonly processes: SimProcess[] = [];
  readonly caches: ReturnType<typeof memoryCache>[] = [];
  readonly #journals = new Map<number, SigningJournal>();
  /** The books of each aggregator that runs now, by its index. */
  readonly aggregators = new Map<number, Aggregator>();
  /** The recording of each aggregator, by its name. */
  readonly recordings = new Map<string, string[]>();

  constructor(plan: Plan) {
    this.plan = plan;
    this.random = new SeededRandom(`${plan.seed}/run`);
    this.broker = new MemoryBroker({ clock: this.clock });
    this.clearBus = this.broker.connect();
    const commitReveal = plan.commitMs === undefined ? {} : { commitReveal: { commitMs: plan.commitMs } };
    const policy = { ...examplePolicy, deadlineMs: plan.deadlineMs, ...commitReveal };
    this.example = exampleNetwork(
      plan.operators.map(({ weight }) => weight),
      policy,
    );
    this.view = { network: this.example.network, policies: new Map([[policy.name, policy]]) };
    this.ledger = new MemoryLedger(this.example.network);
    for (const [index, operator] of plan.operators.entries()) this.#addOperator(index, operator);
    for (let index = 0; index < plan.aggregators; index++) this.#addAggregator(index);
  }

  /** The weather as a process meets it. */
  sky(name: string, life: Life): Sky {
    return new Sky(this.plan.weather, this.clock, this.random.fork(`${name} at ${this.clock.elapsedMs}`), life);
  }

  #victim(name: string, sky: Sky): Victim {
    const random = this.random.fork(`adversaries of ${name} at ${this.clock.elapsedMs}`);
    return { sky, random, clock: this.clock, adversaries: this.plan.adversaries ?? noAdversaries };
  }

  /** The operator at a place of the plan, with its key. */
  operatorAt(index: number): ExampleOperator {
    const operator = this.example.operators[index];
    if (operator === undefined) throw new RangeError(`There is no operator ${index}.`);
    return operator;
  }

  #addOperator(index: number, plan: OperatorPlan): void {
    if (plan.conduct === 'silent') return;
    const keepsJournal = plan.conduct === 'honest' && this.plan.keepsJournals !== false;
    this.#journals.set(index, keepsJournal ? memorySigningJournal() : absentSigningJournal);
    const cache = memoryCache(this.clock);
    this.caches.push(cache);
    for (const role of roles) {
      for (let replica = 0; replica < plan.replicas; replica++) {
        const name = `${role} ${index}.${replica}`;
        const run = (signal: AbortSignal, life: Life) =>
          this.#runValidator(name, role, index, plan, cache, signal, life);
        this.processes.push(new SimProcess(name, run));
      }
    }
  }

  #runValidator(
    name: string,
    role: Role,
    index: number,
    { conduct }: OperatorPlan,
    cache: ReturnType<typeof memoryCache>,
    signal: AbortSignal,
    life: Life,
  ): Promise<void> {
    const sky = this.sky(name, life);
    const keyring = keyringOf(this.operatorAt(index));
    const witness = conduct === 'honest' ? this.witness.honestPublish : () => undefined;
    const victim = this.#victim(name, sky);
    const stormy = weatherBus(hostileBus(this.broker.connect(), victim), sky, witness);
    const bus = conduct === 'withholding' ? withholding(stormy) : stormy;
    const { view, clock, telemetry } = this;
    const random = this.random.fork(`${name} salts at ${clock.elapsedMs}`);
    return runValidator(
      {
        service: name,
        role,
        view,
        bus,
        keyring,
        journal: this.#journalOf(index),
        clock,
        telemetry,
        contentStore: weatherStore(hostileStore(this.store, victim), sky),
        cache: authenticatedCache(weatherCache(hostileCache(cache, victim), sky), { key: keyOf(index), clock }),
        tasks: new TaskSource(bus, view.policies),
        check: this.#checkOf(role, index, conduct, name),
        random: (length) => random.bytes(length),
        unseal: () => Promise.reject(new Error('The simulation has no sealed tasks.')),
        concurrency: 2,
      },
      signal,
    );
  }

  /** Replicas of an honest operator share its journal, which no weather reaches; a liar asks none. */
  #journalOf(index: number): SigningJournal {
    const journal = this.#journals.get(index);
    if (journal === undefined) throw new RangeError(`Operator ${index} has no journal.`);
    return journal;
  }

  #checkOf(role: Role, index: number, conduct: Conduct, name: string): RoleCheck {
    if (conduct !== 'copying') return simulatedCheck(role, conduct, this.random.fork(name));
    const others = this.example.operators.map(({ address }) => address).filter((_, other) => other !== index);
    return copyingCheck(this.clearBus, this.clock, role, others);
  }

  /** Keeps what happens to an aggregator, over all its lives. */
  #recorderOf(name: string): EventRecorder {
    const lines = this.recordings.get(name) ?? [];
    this.recordings.set(name, lines);
    return {
      start: (setting, snapshot) => void lines.push(startLine(setting, snapshot)),
      write: (event, effects) => void lines.push(eventLine(event, effects)),
    };
  }

  #addAggregator(index: number): void {
    const name = `aggregator ${index}`;
    const transmitter = `0x${(index + 1).toString(16).padStart(40, '0')}` as const;
    const { view, clock, telemetry, plan } = this;
    const cache = memoryCache(clock);
    this.caches.push(cache);
    const run = (signal: AbortSignal, life: Life) => {
      const sky = this.sky(name, life);
      const pace = {
        index,
        batchWaitMs,
        batchesAheadMax,
        turnDeltaMs,
        count: plan.aggregators,
        batchReportsMax: plan.batchReportsMax,
        confirmations: plan.confirmations,
        finality: 1,
      };
      const victim = this.#victim(name, sky);
      const cached = { cache: weatherCache(hostileCache(cache, victim), sky), clock, log: telemetry.log };
      const aggregator = newAggregator({
        service: name,
        snapshots: new SnapshotStore(cached, keyOf(index), { ...view, pace }),
        recorder: this.#recorderOf(name),
        view,
        clock,
        telemetry,
        bus: weatherBus(hostileBus(this.broker.connect(), victim), sky, () => undefined),
        chain: weatherChain(this.witness.watch(this.ledger.chain(transmitter)), sky),
        pace,
      });
      this.aggregators.set(index, aggregator);
      return runAggregator(aggregator, signal);
    };
    this.processes.push(new SimProcess(name, run));
  }
}

/** The secret of an operator or aggregator for what it keeps in Redis. */
function keyOf(index: number): Uint8Array {
  return new Uint8Array(32).fill(index);
}

function keyringOf({ address, privateKey }: ExampleOperator): Keyring {
  return { address, sign: async (digest) => signDigest(digest, privateKey) };
}

/** The bus of an operator that never lets a cosignature out. */
function withholding(bus: Bus): Bus {
  return {
    ...bus,
    publish: (subject, data, options) =>
      subject.includes('.cosignatures.')
        ? Promise.resolve({ status: 'stored', sequence: 1 })
        : bus.publish(subject, data, options),
  };
}
