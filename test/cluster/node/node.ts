/** One real node of Kubernetes on this machine: every program of it, started and stopped. Root. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { attempt, run, step, until } from '../../containers/run.ts';
import { type ApiServer, startApiServer } from '../api-server.ts';
import { type Daemon, ready, startDaemon } from '../daemon.ts';
import { bin } from '../modules.ts';
import { importImages, savePause } from './images.ts';
import {
  containerdSocket,
  inNode,
  nodeFolder,
  nodeInterface,
  nodeName,
  ranges,
  writeKubeconfig,
  writeNodeFiles,
} from './node-files.ts';
import { makeControlGroups, removeTraces, tracesOf } from './traces.ts';

const patienceMs = 300_000;

/** A running node. */
export interface RunningNode {
  /** The file by which `kubectl` reaches it. */
  readonly kubeconfig: string;
  /** Ends all pods and programs and removes their files. Resolves with what is left all the same. */
  stop(): Promise<readonly string[]>;
}

/** Starts a node without any pod, and waits until it is ready for them. */
export async function startNode(): Promise<RunningNode> {
  await removeTraces();
  mkdirSync(nodeFolder, { recursive: true, mode: 0o700 });
  const programs = new Programs();
  try {
    return await start(programs);
  } catch (error) {
    await programs.stop();
    await removeTraces();
    throw error;
  }
}

async function start(programs: Programs): Promise<RunningNode> {
  writeNodeFiles();
  makeControlGroups();
  await run('ip', ['link', 'add', nodeInterface.name, 'type', 'bridge']);
  await run('ip', ['address', 'add', `${nodeInterface.address}/24`, 'dev', nodeInterface.name]);
  await run('ip', ['link', 'set', nodeInterface.name, 'up']);
  // A packet to a pod or Service that is not there must not leave the machine by its default route.
  for (const range of Object.values(ranges)) await run('ip', ['route', 'add', range, 'dev', nodeInterface.name]);
  await makeFrontProxy();
  const server = await startApiServer(nodeFolder, { address: nodeInterface.address, flags: apiServerFlags });
  programs.server = server;
  const kubeconfig = writeKubeconfig(server.login);
  const containerd = programs.start('containerd', ['--config', inNode('containerd.toml')]);
  await ready(containerd, async () => (await run('ctr', ['--address', containerdSocket, 'version'])) !== '');
  await importImages(await savePause());
  startPrograms(programs, kubeconfig);
  await until('the node is ready', async () => ((await isReady(server)) ? true : undefined), patienceMs);
  programs.check();
  return {
    kubeconfig,
    async stop() {
      await programs.stopControl();
      await endPods(kubeconfig);
      await programs.stop();
      await removeTraces();
      return tracesOf();
    },
  };
}

/** For the APIs that other servers than Kubernetes's own answer, such as KEDA's metrics. */
async function makeFrontProxy(): Promise<void> {
  const key = ['-newkey', 'rsa:2048', '-nodes'];
  const [authority, own] = [inNode('front-ca'), inNode('front')];
  const files = ['-keyout', `${authority}.key`, '-out', `${authority}.crt`];
  await run('openssl', ['req', '-x509', ...key, '-days', '2', '-subj', '/CN=front-ca', ...files]);
  await run('openssl', ['req', ...key, '-subj', '/CN=front', '-keyout', `${own}.key`, '-out', `${own}.csr`]);
  const signed = ['-CA', `${authority}.crt`, '-CAkey', `${authority}.key`, '-CAcreateserial', '-days', '2'];
  await run('openssl', ['x509', '-req', '-in', `${own}.csr`, ...signed, '-out', `${own}.crt`]);
}

const apiServerFlags = [
  `--requestheader-client-ca-file=${inNode('front-ca.crt')}`,
  `--proxy-client-cert-file=${inNode('front.crt')}`,
  `--proxy-client-key-file=${inNode('front.key')}`,
  '--requestheader-allowed-names=front',
  '--requestheader-extra-headers-prefix=X-Remote-Extra-',
  '--requestheader-group-headers=X-Remote-Group',
  '--requestheader-username-headers=X-Remote-User',
  '--enable-aggregator-routing=true',
  '--kubelet-preferred-address-types=InternalIP',
];

function startPrograms(programs: Programs, kubeconfig: string): void {
  const login = `--kubeconfig=${kubeconfig}`;
  const alone = ['--leader-elect=false', '--bind-address=127.0.0.1'];
  const accounts = [`--service-account-private-key-file=${inNode('accounts.key')}`];
  const rootCa = `--root-ca-file=${inNode('certificates/apiserver.crt')}`;
  programs.start(join(bin, 'kube-controller-manager'), [login, ...alone, ...accounts, rootCa]);
  programs.start(join(bin, 'kube-scheduler'), [login, ...alone]);
  programs.start(join(bin, 'coredns'), ['-conf', inNode('Corefile')]);
  const onNode = [login, `--hostname-override=${nodeName}`];
  const files = [`--config=${inNode('kubelet.yaml')}`, `--root-dir=${inNode('pods')}`];
  programs.start(join(bin, 'kubelet'), [...onNode, ...files, `--node-ip=${nodeInterface.address}`]);
  const rules = ['--proxy-mode=iptables', `--cluster-cidr=${ranges.pods}`, '--conntrack-max-per-core=0'];
  programs.start(join(bin, 'kube-proxy'), [...onNode, ...rules]);
}

async function isReady(server: ApiServer): Promise<boolean> {
  const { body } = await server.ask('GET', `/api/v1/nodes/${nodeName}`);
  const conditions: readonly { readonly type: string; readonly status: string }[] = body.status?.conditions ?? [];
  return conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
}

/** While the kubelet runs: it takes down their networks and mounts. What stays is removed afterwards. */
async function endPods(kubeconfig: string): Promise<void> {
  const all = ['delete', 'pods', '--all', '--all-namespaces', '--grace-period=1', '--timeout=120s'];
  await step('pods end', async () => void (await attempt('kubectl', ['--kubeconfig', kubeconfig, ...all])));
}

/** The node's programs in the order of their start. */
class Programs {
  readonly #daemons: Daemon[] = [];
  server: ApiServer | undefined;

  start(command: string, args: readonly string[]): Daemon {
    const name = command.slice(command.lastIndexOf('/') + 1);
    const daemon = startDaemon(command, args, inNode(`${name}.log`));
    this.#daemons.push(daemon);
    return daemon;
  }

  /** Throws what a program wrote that has ended. */
  check(): void {
    for (const daemon of this.#daemons) daemon.check();
  }

  /** Those that would make new pods. */
  async stopControl(): Promise<void> {
    for (const daemon of this.#daemons) if (/controller-manager|scheduler/.test(daemon.name)) await daemon.stop();
  }

  async stop(): Promise<void> {
    for (const daemon of this.#daemons.toReversed()) await daemon.stop();
    await this.server?.stop();
  }
}
