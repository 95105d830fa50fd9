/** KEDA, built from its Go module and installed with its own manifests. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { Cluster } from './cluster.ts';
import { cache, download } from './modules.ts';
import { saveProgram } from './node/images.ts';
import { buildPrograms, keda, kedaModule, kedaPrograms } from './programs.ts';

const operatorImage = `localhost/assay-keda:${keda}`;
const adapterImage = `localhost/assay-keda-adapter:${keda}`;
const deployments = ['keda-operator', 'keda-metrics-apiserver'];

// biome-ignore lint/suspicious/noExplicitAny: an object of any kind.
type Manifest = any;

/** Builds what is missing, brings its images to the cluster, and waits until it runs. It goes with the cluster's `stop`. */
export async function installKeda(cluster: Cluster): Promise<void> {
  const { kubectl } = cluster;
  await buildPrograms(kedaPrograms);
  await cluster.load(await saveProgram('keda', operatorImage));
  await cluster.load(await saveProgram('keda-adapter', adapterImage, ['--secure-port=6443']));
  const { Dir } = await download(kedaModule);
  const rendered = await kubectl.run('kustomize', join(Dir, 'config/default'));
  const objects = parseAllDocuments(rendered).map((one) => one.toJS() as Manifest);
  const file = join(cache, 'keda.json');
  mkdirSync(cache, { recursive: true });
  const items = objects.filter((one) => one !== null && !isOfWebhooks(one)).map(withOwnImage);
  writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
  cluster.removeAtStop(file);
  await kubectl.apply(file);
  for (const name of deployments)
    await kubectl.run('--namespace', 'keda', 'rollout', 'status', `deployment/${name}`, '--timeout', '10m');
}

/** Its admission webhooks are a third image, and check what `kubectl apply` of correct objects does not need. */
const isOfWebhooks = ({ kind, metadata }: Manifest) =>
  kind === 'ValidatingWebhookConfiguration' ||
  (['Deployment', 'Service'].includes(kind) && String(metadata.name).includes('admission'));

function withOwnImage(object: Manifest): Manifest {
  if (object.kind !== 'Deployment') return object;
  const { spec } = object.spec.template;
  for (const container of spec.containers) {
    container.image = container.image.includes('metrics-apiserver') ? adapterImage : operatorImage;
    container.imagePullPolicy = 'IfNotPresent';
  }
  spec.securityContext = { ...spec.securityContext, runAsNonRoot: true, runAsUser: 65_532, fsGroup: 65_532 };
  return object;
}
