/** One run: starts a network, submits tasks, injects faults, and stops everything at the end. */
import { encodeMessage } from '@assay/protocol/encoding/decode';
import type { Task } from '@assay/protocol/task/task';
import { tuning } from '@assay/protocol/tuning';
import { acceptTask, checkTaskRequest } from '../../services/gateway/src/accept-task.ts';
import { type Gateway, watchesOn } from '../../services/gateway/src/gateway.ts';
import { QuestionBook } from '../../services/gateway/src/questions/question-book.ts';
import { equivocate, type Garbage, litter, proposeLie } from './liars.ts';
import { SimNetwork } from './network.ts';
import type { Plan, Quality } from './plan.ts';
import type { SeededRandom } from './seeded-random.ts';
import { outputOf } from './stated-quality-check.ts';
import { Life } from './weather.ts';
import { weatherBus, weatherStore } from './weather-ports.ts';

/** A task of a run with the qualities that honest operators find. */
export interface SimTask {
  readonly task: Task;
  readonly request: unknown;
  readonly qualities: readonly Quality[];
}

/** A finished run. */
export interface SimRun {
  readonly network: SimNetwork;
  readonly tasks: readonly SimTask[];
  readonly garbage: readonly Garbage[];
  /** Time until the last report, without the observation time afterwards. */
  readonly tookMs: number;
  /** Processes that did not stop on request. */
  readonly unstoppable: readonly string[];
}

const patienceMs = 15 * 60_000;
const watchAfterwardsMs = 90_000;

/** A scripted attacker: its actions on the network in addition to the plan. */
export type Intruder = (network: SimNetwork, tasks: readonly SimTask[]) => Promise<void>;

/** Runs a plan to its end. */
export async function simulate(plan: Plan, intruder: Intruder = async () => undefined): Promise<SimRun> {
  const network = new SimNetwork(plan);
  const stopping = new AbortController();
  const gateway = await gatewayOf(network, stopping.signal);
  const tasks = plan.tasks.map((qualities, index) => simTask(gateway, qualities, index));
  const garbage: Garbage[] = [];
  for (const process of network.processes) process.start();
  const actors = Promise.all([
    ...tasks.map((task, index) => handIn(network, gateway, task, index)),
    ...equivocations(network, tasks),
    lieAtTimes(network, tasks, garbage),
    disturb(network),
    intruder(network, tasks),
    startNextEpoch(network),
  ]);
  let acted = false;
  void actors.then(() => {
    acted = true;
  });
  const isOver = async () => acted && (await network.clearBus.lastSequence('REPORTS')) >= tasks.length;
  while (network.clock.elapsedMs < patienceMs && !(await isOver())) await network.clock.advance(1_000);
  const tookMs = network.clock.elapsedMs;
  await network.clock.advance(watchAfterwardsMs);
  stopping.abort();
  return { network, tasks, garbage, tookMs, unstoppable: await stopAll(network) };
}

async function startNextEpoch({ plan, clock, ledger, networks }: SimNetwork): Promise<void> {
  const [, next] = networks;
  if (plan.nextEpoch === undefined || next === undefined) return;
  await clock.sleep(plan.nextEpoch.atMs);
  ledger.startEpoch(next);
}

async function gatewayOf(network: SimNetwork, signal: AbortSignal): Promise<Gateway> {
  const { clock, telemetry } = network;
  const sky = network.sky('gateway', new Life());
  const epochs = await network.epochsOn(network.ledger.chain());
  void epochs.run(signal);
  const bus = weatherBus(network.broker.connect(), sky, () => undefined);
  return {
    view: () => epochs.current(),
    policies: () => [network.example.policy],
    operators: () => new Set(epochs.current().network.members.map(({ operator }) => operator)),
    clock,
    telemetry,
    bus,
    watches: watchesOn({ bus, clock, telemetry }, 1),
    contentStore: weatherStore(network.store, sky),
    contentLimiter: { take: async () => ({ allowed: true, retryAfterMs: 0 }) },
    rateLimiter: { take: async () => ({ allowed: true, retryAfterMs: 0 }) },
    contracts: { registry: `0x${'01'.repeat(20)}`, keystore: `0x${'02'.repeat(20)}` },
    oracle: undefined,
    recent: undefined,
    page: undefined,
    keys: undefined,
    hooks: undefined,
    findGrounds: async () => [],
    questions: new QuestionBook(),
    audit: { note: () => undefined, record: async () => undefined },
    sealer: undefined,
  };
}

function simTask(gateway: Gateway, qualities: readonly Quality[], index: number): SimTask {
  const request = {
    reference: `task ${index}`,
    prompt: `prompt ${index}`,
    submissions: qualities.map((quality, place) => ({
      miner: `miner-${place}`,
      output: outputOf(quality, `miner ${place} to prompt ${index}`),
    })),
  };
  const checked = checkTaskRequest(gateway, request);
  if (!checked.ok) throw new Error(checked.refusal.detail);
  return { task: checked.value.task, request, qualities };
}

/** A client: it submits its task until the gateway confirms it. */
async function handIn(network: SimNetwork, gateway: Gateway, { request }: SimTask, index: number): Promise<void> {
  const random = network.random.fork(`client ${index}`);
  await network.clock.sleep(random.integer(0, network.plan.tasksWithinMs));
  for (;;) {
    try {
      const body = JSON.parse(new TextDecoder().decode(encodeMessage(request)));
      const { signal } = new AbortController();
      const from = {
        params: {},
        query: {},
        headers: {},
        remoteAddress: 'client',
        client: 'client',
        key: undefined,
        signal,
      };
      const response = await acceptTask(gateway, { ...from, body });
      if (response.status === 202 || response.status === 409) return;
      throw new Error(`The gateway refused the task: ${JSON.stringify(response.body)}`);
    } catch (error) {
      if (!String(error).includes('Weather:')) throw error;
      await network.clock.sleep(500);
    }
  }
}

function equivocations(network: SimNetwork, tasks: readonly SimTask[]): Promise<void>[] {
  return network.plan.operators.flatMap(({ conduct }, index) =>
    conduct === 'equivocating'
      ? tasks.map(({ task }) => equivocate(network, index, task, network.random.fork(`equivocation ${index}`)))
      : [],
  );
}

/** The lying aggregator, and garbage from outsiders. */
async function lieAtTimes(network: SimNetwork, tasks: readonly SimTask[], garbage: Garbage[]): Promise<void> {
  if (!network.plan.hasLyingAggregator) return;
  const random = network.random.fork('lies');
  const all = tasks.map(({ task }) => task);
  for (let lies = random.integer(3, 15); lies > 0; lies--) {
    await network.clock.sleep(random.integer(0, 4_000));
    garbage.push(...(await (random.chance(0.6) ? proposeLie : litter)(network, all, random)));
  }
}

/** Crashes, stops and starts processes, and empties caches, until the faults stop; then everything is started again. */
async function disturb(network: SimNetwork): Promise<void> {
  const { clock, processes, caches, plan } = network;
  const random = network.random.fork('disturbances');
  const { crashEveryMs, calmAfterMs } = plan.weather;
  while (crashEveryMs > 0 && clock.elapsedMs < calmAfterMs) {
    await clock.sleep(random.integer(0, 2 * crashEveryMs));
    const process = processes[random.integer(0, processes.length - 1)];
    const cache = caches[random.integer(0, caches.length - 1)];
    if (random.chance(0.2)) cache?.flush();
    if (random.chance(0.2)) cache?.setDown(random.chance(0.5));
    if (process === undefined) continue;
    if (!process.isUp) process.start();
    else if (random.chance(0.7)) process.crash();
    else void process.stop();
    if (random.chance(0.5)) restartOne(network, random);
  }
  for (const cache of caches) cache.setDown(false);
  for (const process of processes) if (!process.isUp) process.start();
}

function restartOne({ processes }: SimNetwork, random: SeededRandom): void {
  const down = processes.filter(({ isUp }) => !isUp);
  down[random.integer(0, Math.max(0, down.length - 1))]?.start();
}

async function stopAll({ processes, clock }: SimNetwork): Promise<string[]> {
  const ending = new Set(processes);
  for (const process of processes) void process.stop().then(() => ending.delete(process));
  await clock.advance(tuning.shutdownMs, () => ending.size === 0);
  return [...ending].map(({ name }) => name);
}
