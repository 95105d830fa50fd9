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
import { EpochChecks } from '@assay/composition/epoch-checks';
import type { Hex } from '@assay/protocol/encoding/bytes';
import {
  type Example,
  type ExampleOperator,
  exampleNetwork,
  examplePolicy,
} from '@assay/protocol/network/example-network';
import { loadNetwork, type Network } from '@assay/protocol/network/validator-set';
import { isInEveryPolicy, type Role, roles } from '@assay/protocol/observation/role';
import { policiesDigest } from '@assay/protocol/policy/policies-digest';
import { loadPolicy, type Policy } from '@assay/protocol/policy/policy';
import type { Bus, Chain, Keyring, SigningJournal } from '@assay/protocol/ports';
import { signDigest } from '@assay/protocol/signature/signature';
import { Epochs, type EpochView } from '@assay/runtime/service/epochs';
import { whenReachable } from '@assay/runtime/service/network-at-start';
import { EvidenceKeeper } from '@assay/runtime/validator/evidence-keeper';
import { tasksOfEpoch } from '@assay/runtime/validator/left-over/left-over-tasks';
import { runValidator } from '@assay/runtime/validator/validator';
import type { RoleCheck, ValidatorContext } from '@assay/runtime/validator/validator-context';
import { ValidatorEpochs } from '@assay/runtime/validator/validator-epochs';
import { type Aggregator, newAggregator, settingOf } from '../../services/consensus-aggregator/src/aggregator.ts';
import type { EventRecorder } from '../../services/consensus-aggregator/src/event-recorder.ts';
import { AggregatorsByEpoch } from '../../services/consensus-aggregator/src/run-epochs.ts';
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
/** How long a supervisor waits before it starts a process again that ended. */
const restartMs = 1_000;

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
  /** The networks of the run's epochs, the first of which is that of `example`. */
  readonly networks: readonly Network[];
  readonly #policies: readonly Policy[];
  /** The checks of processes of another release than the first, by name; as of their next start. */
  readonly releases = new Map<string, Hex>();
  /** A bus without weather. */
  readonly clearBus: Bus;
  readonly processes: SimProcess[] = [];
  readonly caches: ReturnType<typeof memoryCache>[] = [];
  readonly #journals = new Map<number, SigningJournal>();
  /** The books of each aggregator that runs now, by its name and epoch. */
  readonly aggregators = new Map<string, Aggregator>();
  /** The recording of each aggregator, by its name. */
  readonly recordings = new Map<string, string[]>();

  constructor(plan: Plan) {
    this.plan = plan;
    this.random = new SeededRandom(`${plan.seed}/run`);
    this.broker = new MemoryBroker({ clock: this.clock });
    this.clearBus = this.broker.connect();
    const commitReveal = plan.commitMs === undefined ? {} : { commitReveal: { commitMs: plan.commitMs } };
    const policy = { ...examplePolicy, deadlineMs: plan.deadlineMs, ...commitReveal };
    const weights = plan.operators.map(({ weight }) => weight);
    const everybody = exampleNetwork(weights, policy);
    const first = memberNetwork(everybody, everybody.network.epoch, weights);
    this.example = { ...everybody, network: first };
    const { nextEpoch } = plan;
    const { checksDigest = policy.checksDigest } = nextEpoch ?? {};
    const nextPolicy = loadPolicy({ ...policy, checksDigest });
    this.#policies = [this.example.policy, nextPolicy];
    const next = { ...everybody, network: { ...everybody.network, policiesDigest: policiesDigest([nextPolicy]) } };
    this.networks =
      nextEpoch === undefined ? [first] : [first, memberNetwork(next, first.epoch + 1, nextEpoch.weights)];
    this.ledger = new MemoryLedger(first, { clock: this.clock, graceMs: nextEpoch?.graceMs ?? 0 });
    for (const [index, operator] of plan.operators.entries()) this.#addOperator(index, operator);
    for (let index = 0; index < plan.aggregators; index++) this.#addAggregator(index);
  }

  /** The weather as a process meets it. */
  sky(name: string, life: Life): Sky {
    return new Sky(this.plan.weather, this.clock, this.random.fork(`${name} at ${this.clock.elapsedMs}`), life);
  }

  /** A process as its neighbours meet it; `operator`: whose it is, absent for an aggregator. */
  #victim(name: string, sky: Sky, operator?: number): Victim {
    const random = this.random.fork(`adversaries of ${name} at ${this.clock.elapsedMs}`);
    const { adversaries = noAdversaries } = this.plan;
    const isSpared = adversaries.onlyOperator !== undefined && adversaries.onlyOperator !== operator;
    return { sky, random, clock: this.clock, adversaries: isSpared ? noAdversaries : adversaries };
  }

  /** The one policy of an epoch. */
  policyOf({ policiesDigest: wanted }: Network): Policy {
    const policy = this.#policies.find((one) => policiesDigest([one]) === wanted);
    if (policy === undefined) throw new RangeError('There is no such policy.');
    return policy;
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
    for (const role of roles.filter(isInEveryPolicy)) {
      for (let replica = 0; replica < plan.replicas; replica++) {
        const name = `${role} ${index}.${replica}`;
        const run = (signal: AbortSignal, life: Life) =>
          this.#runValidator(name, role, index, plan, cache, signal, life);
        this.processes.push(new SimProcess(name, run));
      }
    }
  }

  /** The epochs as a process follows them; undefined when it ends before the chain answers. */
  #readEpochs(chain: Chain, signal: AbortSignal): Promise<Epochs | undefined> {
    const { clock, telemetry } = this;
    return whenReachable(() => this.epochsOn(chain), { clock, log: telemetry.log }, signal);
  }

  /** The epochs that a chain states. */
  epochsOn(chain: Chain): Promise<Epochs> {
    const { clock, telemetry } = this;
    const viewOf = (network: Network) => {
      const policy = this.policyOf(network);
      return { network, policies: new Map([[policy.name, policy]]) };
    };
    return Epochs.read({ chain, clock, telemetry, viewOf });
  }

  async #runValidator(
    name: string,
    role: Role,
    index: number,
    { conduct }: OperatorPlan,
    cache: ReturnType<typeof memoryCache>,
    signal: AbortSignal,
    life: Life,
  ): Promise<void> {
    const sky = this.sky(name, life);
    const chain = weatherChain(this.ledger.chain(), sky);
    const epochs = await this.#readEpochs(chain, signal);
    if (epochs === undefined) return;
    const journal = this.#journalOf(index);
    const keyring = keyringOf(this.operatorAt(index));
    const witness = conduct === 'honest' ? this.witness.honestPublish : () => undefined;
    const victim = this.#victim(name, sky, index);
    const stormy = weatherBus(hostileBus(this.broker.connect(), victim), sky, witness);
    const bus = conduct === 'withholding' ? withholding(stormy) : stormy;
    const { clock, telemetry } = this;
    const random = this.random.fork(`${name} salts at ${clock.elapsedMs}`);
    const shared = { service: name, role, bus, clock, telemetry, concurrency: 2 };
    const check = this.#checkOf(role, index, conduct, name);
    const checks = new EpochChecks(this.releases.get(name) ?? this.example.policy.checksDigest, () => ({ check }));
    if (!(await hasChecks(checks, epochs, clock, signal))) return;
    const operatorCache = authenticatedCache(weatherCache(hostileCache(cache, victim), sky), {
      key: keyOf(index),
      clock,
    });
    const ports: Omit<ValidatorContext, 'view' | 'tasks' | 'leftOver' | 'check'> = {
      ...shared,
      keyring,
      journal,
      contentStore: weatherStore(hostileStore(this.store, victim), sky),
      cache: operatorCache,
      evidence: new EvidenceKeeper({ bus, cache: operatorCache, keyring, clock, telemetry }),
      random: (length) => random.bytes(length),
      unseal: () => Promise.reject(new Error('The simulation has no sealed tasks.')),
    };
    const contextOf = async (view: EpochView) => {
      const takes = (timestampMs: number) => epochs.at(timestampMs) === view;
      const viewOf = (epoch: number) => epochs.viewOf(epoch);
      const tasks = tasksOfEpoch({ bus, chain, clock, journal, view, finality: 1, viewOf }, takes);
      return { ...ports, view, check: checks.checkOf(view), ...tasks };
    };
    const operator = keyring.address;
    const validator = { ...shared, operator, epochs: new ValidatorEpochs(epochs, operator, contextOf) };
    await Promise.all([epochs.run(signal), runValidator(validator, signal)]);
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
    const { clock, telemetry, plan } = this;
    const cache = memoryCache(clock);
    this.caches.push(cache);
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
    const run = async (signal: AbortSignal, life: Life) => {
      const sky = this.sky(name, life);
      const epochs = await this.#readEpochs(weatherChain(this.ledger.chain(), sky), signal);
      if (epochs === undefined) return;
      const victim = this.#victim(name, sky);
      const cached = { cache: weatherCache(hostileCache(cache, victim), sky), clock, log: telemetry.log };
      const bus = weatherBus(hostileBus(this.broker.connect(), victim), sky, () => undefined);
      const chain = weatherChain(this.witness.watch(this.ledger.chain(transmitter)), sky);
      const aggregatorOf = (view: EpochView, startsFrom: string | undefined) => {
        const ofEpoch = `${name}, epoch ${view.network.epoch}`;
        const aggregator = newAggregator({
          service: name,
          snapshots: new SnapshotStore(cached, keyOf(index), settingOf(view, pace)),
          recorder: this.#recorderOf(ofEpoch),
          ...(startsFrom !== undefined && { startsFrom }),
          view,
          epochs,
          clock,
          telemetry,
          bus,
          chain,
          pace,
        });
        this.aggregators.set(ofEpoch, aggregator);
        return aggregator;
      };
      await new AggregatorsByEpoch({ epochs, clock, log: telemetry.log, aggregatorOf }).run(signal);
    };
    this.processes.push(new SimProcess(name, run));
  }
}

/** Resolves when a process has the checks of a running epoch: until then it ends and is started again. */
async function hasChecks(
  checks: EpochChecks,
  epochs: Epochs,
  clock: VirtualClock,
  signal: AbortSignal,
): Promise<boolean> {
  while (!signal.aborted) {
    const isStarted = await checks.ofAny(epochs.views()).then(
      () => true,
      () => false,
    );
    if (isStarted) return true;
    await clock.sleep(restartMs, signal);
    await epochs.refresh().catch(() => undefined);
  }
  return false;
}

/** The network of an epoch; an operator of no weight is no member. */
function memberNetwork({ network, operators }: Example, epoch: number, weights: readonly bigint[]): Network {
  const members = operators.map(({ address }, index) => ({ operator: address, weight: weights[index] ?? 0n }));
  return loadNetwork({ ...network, epoch, members: members.filter(({ weight }) => weight > 0n) });
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
