/** The cluster of a run: a node of its own, or the one that KUBECONFIG names. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { run, step } from '../containers/run.ts';
import { Kubectl, namespace } from './kubectl.ts';
import { cache } from './modules.ts';
import { importImages } from './node/images.ts';
import { startNode } from './node/node.ts';
import { inNode } from './node/node-files.ts';

/** Namespaces that a run makes. */
const made = [namespace, 'keda'];
/** Claims of the trial: NATS, and the signing journal. */
const volumes = 2;

/** A cluster. */
export interface Cluster {
  readonly kubectl: Kubectl;
  readonly isOwn: boolean;
  /** Brings the images of an archive to its node, and removes the archive. */
  load(archive: string): Promise<void>;
  /** Has `stop` delete the objects of a file, also those that are in no namespace of the run. */
  removeAtStop(file: string): void;
  /** Removes everything of the run. Resolves with what is left of it. */
  stop(): Promise<readonly string[]>;
}

/** Opens the cluster that `kubeconfig` names, or starts one. */
export function openCluster(kubeconfig: string | undefined): Promise<Cluster> {
  return kubeconfig === undefined ? ownCluster() : givenCluster(new Kubectl(kubeconfig));
}

async function ownCluster(): Promise<Cluster> {
  const node = await step('a node of Kubernetes is ready', startNode);
  const kubectl = new Kubectl(node.kubeconfig);
  try {
    await makeVolumes(kubectl);
  } catch (error) {
    await node.stop();
    throw error;
  }
  // All objects go with the node.
  return { kubectl, isOwn: true, load: importImages, removeAtStop: () => undefined, stop: () => node.stop() };
}

/** Folders of the machine, where a cluster has a provisioner. Kubernetes gives such a folder to whoever claims it. */
async function makeVolumes(kubectl: Kubectl): Promise<void> {
  const items = Array.from({ length: volumes }, (_, index) => {
    const path = inNode(`volumes/${index}`);
    mkdirSync(path, { recursive: true, mode: 0o777 });
    return {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: `folder-${index}` },
      spec: {
        capacity: { storage: '10Gi' },
        accessModes: ['ReadWriteOnce'],
        hostPath: { path, type: 'Directory' },
        persistentVolumeReclaimPolicy: 'Retain',
      },
    };
  });
  const file = inNode('volumes.json');
  writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
  // Whoever the pods run as writes to them; `mkdir` heeds the umask.
  await run('chmod', ['-R', '0777', inNode('volumes')]);
  await kubectl.apply(file);
}

async function givenCluster(kubectl: Kubectl): Promise<Cluster> {
  const context = await kubectl.run('config', 'current-context');
  const kind = /^kind-(.+)$/.exec(context)?.[1];
  mkdirSync(cache, { recursive: true });
  const files: string[] = [];
  return {
    kubectl,
    isOwn: false,
    removeAtStop: (file) => void files.push(file),
    async load(archive) {
      if (kind === undefined) throw new Error(`${context} is no cluster of kind: images cannot be brought to it.`);
      await run('kind', ['load', 'image-archive', archive, '--name', kind]);
      rmSync(archive);
    },
    async stop() {
      for (const file of files)
        await kubectl.run('delete', '--filename', file, '--ignore-not-found', '--timeout', '5m');
      await kubectl.run('delete', 'namespace', ...made, '--ignore-not-found', '--timeout', '5m');
      const left = await kubectl.run('get', 'namespaces', '--output', 'name');
      return left.split('\n').filter((name) => made.some((one) => name === `namespace/${one}`));
    },
  };
}
