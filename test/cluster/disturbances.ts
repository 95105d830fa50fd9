/** What an operator, and bad luck, do to a running network: a new image, a new epoch, killed pods, a drained node. */
import { step, until } from '../containers/run.ts';
import type { Load } from '../e2e/steady-load.ts';
import type { Kubectl } from './kubectl.ts';
import { documentedCommands, type Trial } from './trial.ts';

const patienceMs = 600_000;
const services = 'app.kubernetes.io/component=service';
/** The chain of the trial loses everything with its pod. */
const allButChain = 'app.kubernetes.io/part-of=assay';
const killed = ['checksum-verifier', 'consensus-aggregator', 'nats', 'signing-journal', 'redis', 'gateway'];

/** A network under load. */
export interface UnderLoad {
  readonly kubectl: Kubectl;
  readonly trial: Trial;
  readonly load: Load;
}

/** Every service takes the image of another tag, one workload after the other. */
export async function rollImages({ kubectl, load }: UnderLoad, tag: string): Promise<string> {
  const workloads = await kubectl.workloads(services);
  for (const workload of workloads) {
    const field = 'jsonpath={.spec.template.spec.containers[0].image}';
    const image = await kubectl.inTrial('get', workload, '--output', field);
    await kubectl.inTrial('set', 'image', workload, `service=${image.slice(0, image.lastIndexOf(':'))}:${tag}`);
    await kubectl.rolledOut(workload);
    await goesOn(load);
  }
  return workloads.map((one) => one.slice(one.indexOf('/') + 1)).join(', ');
}

/** Every password changes: the page's commands put others into the Secrets and restart whoever reads them. */
export async function changePasswords({ kubectl, trial, load }: UnderLoad): Promise<void> {
  const before = await trial.shell('cat trial/keys/cluster.json');
  for (const script of documentedCommands('## Change passwords')) await trial.shell(script);
  if ((await trial.shell('cat trial/keys/cluster.json')) === before) throw new Error('The passwords are the same.');
  for (const workload of await kubectl.workloads(services)) await kubectl.rolledOut(workload);
  await goesOn(load);
}

/** The next epoch starts, and takes tasks. */
export async function startEpoch({ trial, load }: UnderLoad): Promise<void> {
  await until(
    'the epoch is old enough for the next one',
    async () => {
      await trial.shell('assay epoch start trial --rpc $RPC --number 2 --confirm');
      return true;
    },
    patienceMs,
  );
  await until(
    'a task is certified in the new epoch',
    async () => (load.soFar().some(({ report }) => report.epoch === 2) ? true : undefined),
    patienceMs,
  );
}

/** One pod after the other ends without warning, the servers' among them. */
export async function killPods({ kubectl, load }: UnderLoad): Promise<string> {
  for (const name of killed) {
    const selector = `app.kubernetes.io/name=${name}`;
    await kubectl.inTrial('delete', 'pod', '--selector', selector, '--grace-period', '0', '--force', '--wait=false');
    for (const workload of await podsOf(kubectl, selector)) await kubectl.rolledOut(workload);
    await goesOn(load);
  }
  return killed.join(', ');
}

/** Some workloads have the name of their operator at the end. */
async function podsOf(kubectl: Kubectl, selector: string): Promise<string[]> {
  const found = await kubectl.workloads(selector);
  if (found.length === 0) throw new Error(`No workload has ${selector}.`);
  return found;
}

/** All pods but the chain's leave the node, and come back when they may. */
export async function drainNode({ kubectl, load }: UnderLoad): Promise<string> {
  const [node = ''] = (await kubectl.run('get', 'nodes', '--output', 'name')).split('\n');
  const drained = ['--ignore-daemonsets', '--delete-emptydir-data', '--pod-selector', allButChain, '--timeout', '10m'];
  await kubectl.run('drain', node.slice(node.indexOf('/') + 1), ...drained);
  const { length } = load.soFar();
  await kubectl.run('uncordon', node);
  await step('every pod is back', async () => {
    for (const workload of await kubectl.workloads(allButChain)) await kubectl.rolledOut(workload);
  });
  await goesOn(load);
  return `${length} tasks before`;
}

/** Waits for one more certified task. */
async function goesOn(load: Load): Promise<void> {
  const { length } = load.soFar();
  await until('a task is certified', async () => (load.soFar().length > length ? true : undefined), patienceMs);
}
