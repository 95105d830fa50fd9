/**
 * The trial on Kubernetes, run for real: `npm run test:cluster -- [--no-build] [--no-disturbances] [--no-scaling]`.
 * Starts a node on this machine, or takes the cluster that KUBECONFIG names; installs a network by the commands of
 * docs/operate.md; rolls another image, an epoch and all passwords, kills pods and drains the node under load; has KEDA
 * scale a validator; removes everything. `--no-build` takes the images that are there; the other options leave a part out.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { buildImages, makeBases, ownImages, serverImages } from '../containers/images.ts';
import { logFile, run, step } from '../containers/run.ts';
import { taskOf } from '../containers/trial.ts';
import { startLoad } from '../e2e/steady-load.ts';
import { certifiedOnce } from './certified-once.ts';
import { type Cluster, openCluster } from './cluster.ts';
import { changePasswords, drainNode, killPods, rollImages, startEpoch } from './disturbances.ts';
import { installKeda } from './keda.ts';
import { cache } from './modules.ts';
import { saveImages } from './node/images.ts';
import { buildPrograms, nodePrograms } from './programs.ts';
import { whatClusterLacks } from './requirements.ts';
import { addAutoscalers, loseMonitoring, scaleByLag, tableOf } from './scaling.ts';
import { firstTask, installTrial, type Trial } from './trial.ts';

const { values } = parseArgs({
  options: {
    build: { type: 'boolean', default: true },
    disturbances: { type: 'boolean', default: true },
    scaling: { type: 'boolean', default: true },
  },
  allowNegative: true,
});
const patienceMs = 600_000;
const otherTag = 'rolled';
const tags = ['local', otherTag];

const kubeconfig = process.env.KUBECONFIG || undefined;
const missing = whatClusterLacks(kubeconfig !== undefined);
if (missing !== undefined) {
  process.stdout.write(`Skipped test:cluster. ${missing}\n`);
} else {
  await testCluster();
}

async function testCluster(): Promise<void> {
  process.stdout.write(`The output of all programs is in ${logFile} and ${cache}\n`);
  if (values.build) {
    await makeBases();
    await buildImages();
  }
  if (kubeconfig === undefined) await buildPrograms(nodePrograms);
  mkdirSync(cache, { recursive: true });
  rmSync(join(cache, 'trial.log'), { force: true });
  const cluster = await openCluster(kubeconfig);
  try {
    await step('images', () => loadImages(cluster));
    await testTrial(cluster);
  } catch (error) {
    await keepEvents(cluster);
    throw error;
  } finally {
    await step('nothing is left', () => checkStopped(cluster));
  }
}

/** Those of Assay under the tag of the overlay and under another one, and those of the servers. */
async function loadImages(cluster: Cluster): Promise<string> {
  const names: string[] = [];
  for (const { image } of ownImages)
    for (const tag of tags) {
      const name = image.replace(/:[^:]+$/, `:${tag}`);
      await run('podman', ['tag', image, name]);
      names.push(name);
    }
  await cluster.load(await saveImages('images', [...names, ...serverImages]));
  return `${ownImages.length} of Assay, ${serverImages.length} of servers`;
}

async function testTrial(cluster: Cluster): Promise<void> {
  const startedMs = performance.now();
  const trial = await step('installed by the commands of docs/operate.md', () => installTrial(cluster));
  try {
    await step('first task certified', () => firstTask(trial, patienceMs));
    const minutes = ((performance.now() - startedMs) / 60_000).toFixed(1);
    process.stdout.write(`           from an empty cluster to the first certified task: ${minutes} minutes\n`);
    const handled = values.disturbances ? await disturb(cluster, trial) : [];
    if (values.scaling) {
      await step('KEDA runs', () => installKeda(cluster));
      handled.push(...(await scale(cluster, trial)));
    }
    await step('every task has one report, in one batch on the chain', async () => {
      const reports = await certifiedOnce(cluster.kubectl, trial, handled);
      return `${handled.length} tasks of clients, ${reports.length} reports, 0 lost, 0 doubled`;
    });
    if (values.scaling) await step("KEDA without NATS's monitoring", () => loseMonitoring(cluster.kubectl));
  } finally {
    await trial.close();
  }
}

async function disturb({ kubectl }: Cluster, trial: Trial): Promise<Hex[]> {
  const load = startLoad({ gatewayUrl: () => trial.gatewayUrl, requestOf: taskOf, underWayMax: 2, patienceMs });
  const network = { kubectl, trial, load };
  try {
    await step('another image rolled under load', () => rollImages(network, otherTag));
    await step('another epoch under load', () => startEpoch(network));
    await step('all passwords changed under load', () => changePasswords(network));
    await step('pods killed under load', () => killPods(network));
    await step('the node drained and uncordoned under load', () => drainNode(network));
  } catch (error) {
    // Its clients would keep the process for as long as they are patient.
    load.stop().catch(() => undefined);
    throw error;
  }
  const handled = await load.stop();
  const ms = handled.map((one) => one.ms).toSorted((a, b) => a - b);
  const seconds = (share: number) => ((ms[Math.floor(share * (ms.length - 1))] ?? 0) / 1_000).toFixed(1);
  process.stdout.write(
    `           ${handled.length} tasks under load, from hand-in to report p50 ${seconds(0.5)} s, longest ${seconds(1)} s\n`,
  );
  return handled.map(({ taskId }) => taskId);
}

async function scale({ kubectl }: Cluster, trial: Trial): Promise<readonly Hex[]> {
  const operator = (JSON.parse(await trial.shell('cat trial/operators.json')) as [Hex])[0].slice(2);
  await step('autoscalers', () => addAutoscalers(kubectl, operator));
  const { curve, handled } = await scaleByLag(kubectl, trial, operator);
  process.stdout.write(`${tableOf(curve)}\n`);
  return handled;
}

/** What the cluster says about pods that did not start, and what they wrote. */
async function keepEvents({ kubectl }: Cluster): Promise<void> {
  const pods = await kubectl.inTrial('get', 'pods', '--output', 'wide').catch(String);
  const events = await kubectl.inTrial('get', 'events', '--sort-by', '.lastTimestamp').catch(String);
  const logs = await kubectl
    .inTrial(
      'logs',
      '--selector',
      'app.kubernetes.io/part-of=assay',
      '--prefix',
      '--tail',
      '200',
      '--max-log-requests',
      '50',
    )
    .catch(String);
  const file = join(cache, 'failed.log');
  writeFileSync(file, [pods, events, logs].join('\n\n'));
  process.stdout.write(`${pods}\nMore in ${file}\n`);
}

async function checkStopped(cluster: Cluster): Promise<void> {
  const left = await cluster.stop();
  if (left.length > 0) throw new Error(`The cluster left ${left.join(', ')}.`);
}
