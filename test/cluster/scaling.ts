/** KEDA scales the embedding comparer on the backlog of its consumer: up under load, back after it, and without figures. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { root, step, until } from '../containers/run.ts';
import { taskOf } from '../containers/trial.ts';
import { type Handled, startLoad } from '../e2e/steady-load.ts';
import type { Kubectl } from './kubectl.ts';
import { cache } from './modules.ts';
import type { Trial } from './trial.ts';

const validators = ['checksum-verifier', 'embedding-comparer', 'semantic-validator'];
const scaled = 'embedding-comparer-operator';
const replicasMax = 8;
/** Enough that the rule, ten tasks for each replica, asks for the most, although tasks wait for other roles, too. */
const underWayMax = 320;
const sampleMs = 5_000;
const patienceMs = 1_200_000;

/** The state at one moment. */
export interface Sample {
  /** Since the first sample. */
  readonly seconds: number;
  /** Tasks that wait for the role or are in its hands. */
  readonly lag: number;
  readonly replicas: number;
  readonly ready: number;
  /** Tasks that the role finished since the sample before, a second. */
  readonly perSecond: number;
}

/** The trial's overlay with the autoscalers, as an operator has them. */
export async function addAutoscalers(kubectl: Kubectl, operator: string): Promise<void> {
  const folder = join(cache, 'scaled');
  mkdirSync(folder, { recursive: true });
  const deploy = relative(folder, join(root, 'deploy/kubernetes'));
  const config = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'operator' }, data: { OPERATOR: operator } };
  writeFileSync(join(folder, 'operator.yaml'), JSON.stringify(config));
  const kustomization = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    namespace: 'assay',
    resources: ['operator.yaml'],
    components: [`${deploy}/components/keda`],
    patches: validators.map((name) => ({
      target: { kind: 'ScaledObject', name },
      patch: JSON.stringify([
        { op: 'replace', path: '/spec/scaleTargetRef/name', value: `${name}-operator` },
        { op: 'replace', path: '/spec/maxReplicaCount', value: replicasMax },
      ]),
    })),
  };
  writeFileSync(join(folder, 'kustomization.yaml'), JSON.stringify(kustomization));
  await kubectl.run('apply', '--kustomize', folder);
  rmSync(folder, { recursive: true });
  await until(
    'KEDA keeps two replicas of every validator',
    async () => {
      for (const name of validators) if ((await replicasOf(kubectl, `${name}-operator`)).ready < 2) return undefined;
      return true;
    },
    patienceMs,
  );
}

/** Loads the network until the role has all replicas, and waits until they are two again. Resolves with the curve. */
export async function scaleByLag(kubectl: Kubectl, trial: Trial, operator: string) {
  const watch = new Watch(kubectl, `tasks-embedding-${operator}`);
  const load = startLoad({
    gatewayUrl: () => trial.gatewayUrl,
    requestOf: (number) => taskOf(10_000 + number),
    underWayMax,
    patienceMs: 600_000,
  });
  await step(`${replicasMax} replicas are ready`, () => watch.until(({ ready }) => ready === replicasMax));
  const handled = await step('the backlog is gone', async () => {
    const stopping = load.stop();
    await watch.until(({ lag }) => lag === 0);
    return stopping;
  });
  await step('two replicas again', async () => {
    const [reached, misspelt] = await Promise.all([
      watch.until(({ replicas }) => replicas === 2),
      misspellConsumer(kubectl, operator),
    ]);
    return `${reached}; another validator, whose consumer is misspelt meanwhile, has ${misspelt}`;
  });
  return { curve: watch.samples, handled: handled.map(({ taskId }: Handled) => taskId) };
}

/**
 * NATS's monitoring cannot be reached while everything else can: its name leads nowhere. Resolves with the replicas that
 * KEDA falls back to.
 */
export async function loseMonitoring(kubectl: Kubectl): Promise<string> {
  const select = (name: string) => JSON.stringify({ spec: { selector: { 'app.kubernetes.io/name': name } } });
  await kubectl.inTrial('patch', 'service', 'nats-headless', '--patch', select('nobody'));
  const fallback = await until(
    'KEDA keeps more than two replicas',
    async () => {
      const { replicas } = await replicasOf(kubectl, scaled);
      return replicas > 2 ? replicas : undefined;
    },
    patienceMs,
  );
  await kubectl.inTrial('patch', 'service', 'nats-headless', '--patch', select('nats'));
  await until(
    'two replicas again',
    async () => ((await replicasOf(kubectl, scaled)).replicas === 2 ? true : undefined),
    patienceMs,
  );
  return `${fallback} replicas meanwhile, 2 after it`;
}

/**
 * A validator's rule names a consumer that is not there. Resolves with the replicas that KEDA falls back to; earlier
 * versions took the length of the stream for the backlog, and scaled to the most.
 */
async function misspellConsumer(kubectl: Kubectl, operator: string): Promise<number> {
  const name = 'checksum-verifier';
  const consumer = (value: string) =>
    JSON.stringify([{ op: 'replace', path: '/spec/triggers/0/metadata/consumer', value }]);
  const set = (value: string) =>
    kubectl.inTrial('patch', 'scaledobject', name, '--type', 'json', '--patch', consumer(value));
  await set('tasks-checksun');
  const fallback = await until(
    'KEDA falls back',
    async () => {
      const { replicas } = await replicasOf(kubectl, `${name}-operator`);
      return replicas > 2 ? replicas : undefined;
    },
    patienceMs,
  );
  await set(`tasks-checksum-${operator}`);
  if (fallback >= replicasMax) throw new Error(`KEDA scaled to ${fallback} replicas for a consumer that is not there.`);
  return fallback;
}

/** The curve as a table of Markdown. */
export function tableOf(curve: readonly Sample[]): string {
  const rows = curve.map(({ seconds, lag, replicas, ready, perSecond }) =>
    [Math.round(seconds), lag, replicas, ready, perSecond.toFixed(1)].join(' | '),
  );
  return [
    '| s | backlog | replicas | ready | tasks a second |',
    '|---|---|---|---|---|',
    ...rows.map((row) => `| ${row} |`),
  ].join('\n');
}

async function replicasOf(
  kubectl: Kubectl,
  name: string,
): Promise<{ readonly replicas: number; readonly ready: number }> {
  const fields = '{.spec.replicas} {.status.readyReplicas}';
  const text = await kubectl.inTrial('get', 'deployment', name, '--output', `jsonpath=${fields}`);
  const [replicas = 0, ready = 0] = text.split(' ').map(Number);
  return { replicas, ready };
}

/** Samples a consumer and its replicas. */
class Watch {
  readonly samples: Sample[] = [];
  readonly #kubectl: Kubectl;
  readonly #consumer: string;
  readonly #startedMs = performance.now();
  #finished = 0;

  constructor(kubectl: Kubectl, consumer: string) {
    this.#kubectl = kubectl;
    this.#consumer = consumer;
  }

  /** Takes samples until one has a property. */
  async until(isReached: (sample: Sample) => boolean): Promise<string> {
    const endMs = performance.now() + patienceMs;
    for (;;) {
      const sample = await this.#take();
      this.samples.push(sample);
      if (isReached(sample)) return `backlog ${sample.lag}, ${sample.replicas} replicas`;
      if (performance.now() > endMs) throw new Error(`Not within ${patienceMs / 1_000} s:\n${tableOf(this.samples)}`);
      await pause(sampleMs);
    }
  }

  async #take(): Promise<Sample> {
    const { lag, finished } = await this.#consumerState();
    const seconds = (performance.now() - this.#startedMs) / 1_000;
    const last = this.samples.at(-1);
    const perSecond = last === undefined ? 0 : (finished - this.#finished) / (seconds - last.seconds);
    this.#finished = finished;
    return { seconds, lag, perSecond, ...(await replicasOf(this.#kubectl, scaled)) };
  }

  /** As KEDA reads it: from NATS's monitoring. */
  async #consumerState(): Promise<{ readonly lag: number; readonly finished: number }> {
    const path = '/api/v1/namespaces/assay/pods/nats-0:8222/proxy/jsz?acc=ASSAY&consumers=true';
    const { account_details: accounts } = JSON.parse(await this.#kubectl.run('get', '--raw', path)) as Monitoring;
    const consumers = (accounts ?? []).flatMap(({ stream_detail: all }) =>
      all.flatMap((one) => one.consumer_detail ?? []),
    );
    const found = consumers.find(({ name }) => name === this.#consumer);
    if (found === undefined) throw new Error(`NATS has no consumer ${this.#consumer}.`);
    return { lag: found.num_pending + found.num_ack_pending, finished: found.ack_floor.consumer_seq };
  }
}

/** NATS's `/jsz`, as far as it is read. */
interface Monitoring {
  readonly account_details?: readonly {
    readonly stream_detail: readonly {
      readonly consumer_detail?: readonly {
        readonly name: string;
        readonly num_pending: number;
        readonly num_ack_pending: number;
        readonly ack_floor: { readonly consumer_seq: number };
      }[];
    }[];
  }[];
}
