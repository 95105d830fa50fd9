/** What an overlay may add: an RPC inside, priorities, images by digest. And what all have for the ways of a cluster. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { keda } from '../cluster/programs.ts';
import { temporaryFolder } from '../integration/temporary-folder.ts';
import { build, buildFolder, type Manifest, overlays, root, workloads } from './kustomize.ts';
import { valuesOf } from './nats-chart.ts';
import { whyNotRestricted } from './pod-security.ts';

const kubernetes = join(root, 'deploy/kubernetes');
const named = (manifests: readonly Manifest[], kind: string) => manifests.filter((one) => one.kind === kind);
const asksForNames = ({ ports = [] }: Manifest) => ports.some(({ port }: { port: number }) => port === 53);

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

interface Addition {
  readonly components?: readonly string[];
  readonly images?: readonly object[];
  readonly objects?: readonly object[];
}

/** The overlay for production with something added to it. */
function production(name: string, { components = [], images = [], objects = [] }: Addition): readonly Manifest[] {
  const own = join(folder.path, name);
  mkdirSync(own);
  const from = (path: string) => relative(own, join(kubernetes, path));
  const files = objects.map((one, index) => {
    writeFileSync(join(own, `${index}.json`), JSON.stringify(one));
    return `${index}.json`;
  });
  const kustomization = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    namespace: 'assay',
    resources: [from('overlays/production'), ...files],
    components: components.map((one) => from(`components/${one}`)),
    images,
  };
  writeFileSync(join(own, 'kustomization.yaml'), JSON.stringify(kustomization));
  return buildFolder(own);
}

describe('an overlay', () => {
  it('lets services reach an RPC at a private address, with components/private-rpc', () => {
    const cidr = '10.20.30.40/32';
    const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'private-rpc' }, data: { CIDR: cidr } };
    const built = production('rpc', { components: ['private-rpc'], objects: [map] });
    const [policy] = named(built, 'NetworkPolicy').filter(({ metadata }) => metadata.name === 'private-rpc');
    expect(policy?.spec.egress).toEqual([{ to: [{ ipBlock: { cidr } }] }]);
    const [selected] = policy?.spec.podSelector.matchExpressions ?? [];
    expect(selected).toEqual({ key: 'app.kubernetes.io/component', operator: 'In', values: ['service', 'watcher'] });
  });

  it('states the priority of every pod, with components/priorities', () => {
    const built = workloads(production('priorities', { components: ['priorities'] }));
    const text = readFileSync(join(kubernetes, 'components/priorities/classes.yaml'), 'utf8');
    const classes = parseAllDocuments(text).map((one) => one.toJS() as Manifest);
    const priorityOf = new Map(classes.map(({ metadata, value }) => [metadata.name, Number(value)]));
    const isService = ({ kind, metadata }: Manifest) =>
      kind !== 'Job' && metadata.labels?.['app.kubernetes.io/component'] === 'service';
    expect(built.map(({ name, pod }) => [name, pod.spec.priorityClassName])).toEqual(
      built.map(({ manifest, name }) => [name, isService(manifest) ? 'assay-services' : 'assay-servers']),
    );
    expect(priorityOf.get('assay-servers')).toBeGreaterThan(priorityOf.get('assay-services') ?? Number.NaN);
  });

  it('runs a Router and a watchtower, with their components', () => {
    const map = (name: string, data: object) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data });
    const objects = [map('miners', { 'miners.json': '[]' }), map('router', { HOST: 'router.example' })];
    const built = production('router', {
      components: ['router', 'watchtower', 'private-rpc'],
      objects: [...objects, map('private-rpc', { CIDR: '10.0.0.1/32' })],
    });
    const added = workloads(built).filter(({ manifest: { metadata } }) => /^(router|watchtower)$/.test(metadata.name));
    expect(added.map(({ manifest }) => manifest.kind)).toEqual(['Deployment', 'StatefulSet']);
    for (const { name, pod } of added) expect([name, whyNotRestricted(pod.spec)]).toEqual([name, []]);
    // What the container's arguments name is in the config map that it reads.
    const [settings] = added.flatMap(({ pod }) => pod.spec.containers[0].envFrom);
    const network = named(built, 'ConfigMap').find(({ metadata }) => metadata.name === settings.configMapRef.name);
    const args: string[] = added.flatMap(({ pod }) => pod.spec.containers[0].args ?? []);
    const variables = args.flatMap((text) => /^\$\((\w+)\)$/.exec(text)?.[1] ?? []);
    expect(variables).toContain('SLASHING_ADDRESS');
    for (const variable of variables) expect(Object.keys(network?.data ?? {})).toContain(variable);
    const ingress = named(built, 'Ingress').find(({ metadata }) => metadata.name === 'router');
    expect(ingress?.spec.rules[0].host).toBe('router.example');
    const policies = new Set(named(built, 'NetworkPolicy').map(({ metadata }) => metadata.name));
    for (const { manifest } of added) expect(policies).toContain(manifest.metadata.name);
  });

  it('takes images by digest', () => {
    const digest = `sha256:${'ab'.repeat(32)}`;
    const built = production('digests', { images: [{ name: 'ghcr.io/assay/gateway', digest }] });
    const images = workloads(built).map(({ pod }) => pod.spec.containers[0].image);
    expect(images).toContain(`ghcr.io/assay/gateway@${digest}`);
  });
});

describe.each(overlays)('overlay %s', (overlay) => {
  const manifests = build(overlay);

  it('lets pods ask kube-dns, and NodeLocal DNSCache where a cluster has it', () => {
    const asking = named(manifests, 'NetworkPolicy').filter(({ spec }) => spec.egress?.some(asksForNames));
    expect(asking.length).toBeGreaterThan(3);
    for (const { metadata, spec } of asking) {
      const peers = spec.egress.filter(asksForNames).flatMap(({ to }: Manifest) => to);
      expect([metadata.name, peers]).toEqual([
        metadata.name,
        expect.arrayContaining([
          { ipBlock: { cidr: '169.254.20.10/32' } },
          expect.objectContaining({ podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } } }),
        ]),
      ]);
    }
  });

  it('gives clients a way in by an Ingress with TLS, unless it is for trials', () => {
    const gateways = named(manifests, 'Service').filter(({ metadata }) => metadata.name === 'gateway');
    const ingresses = named(manifests, 'Ingress');
    expect(ingresses.length).toBe(overlay === 'local' ? 0 : gateways.length);
    for (const { spec } of ingresses) {
      const [{ host, http }] = spec.rules;
      expect(spec.tls).toEqual([{ hosts: [host], secretName: 'gateway-tls' }]);
      expect(http.paths[0].backend.service).toEqual({ name: 'gateway', port: { name: 'http' } });
    }
  });

  it('keeps the replicas that run while KEDA has no figures', () => {
    for (const { spec } of named(manifests, 'ScaledObject')) {
      expect(spec.fallback.behavior).toBe('currentReplicasIfHigher');
      expect(spec.fallback.replicas).toBeGreaterThanOrEqual(spec.minReplicaCount);
      expect(spec.fallback.replicas).toBeLessThan(spec.maxReplicaCount);
    }
  });
});

it('KEDA is required in a version that takes a missing consumer for an error, and a later one is tested', () => {
  const text = readFileSync(join(root, 'docs/install.md'), 'utf8');
  const required = /^\| KEDA .*\| (\d+\.\d+)\.0 or later/m.exec(text)?.[1];
  // https://github.com/kedacore/keda/issues/7657
  expect(required).toBe('2.20');
  expect(Number(keda.split('.')[1])).toBeGreaterThanOrEqual(20);
});

it('NATS is the same version wherever it runs in containers', () => {
  const compose = parse(readFileSync(join(root, 'deploy/compose/compose.yaml'), 'utf8')).services.nats.image;
  const tag = String(compose).split(':').at(-1);
  for (const file of ['nats.values.yaml', 'nats-leaf.values.yaml'])
    expect([file, valuesOf(file).container.image.tag]).toEqual([file, tag]);
  const pods = overlays.flatMap((overlay) => workloads(build(overlay)));
  const images = pods.flatMap(({ pod }) => pod.spec.containers.map((one: Manifest) => String(one.image)));
  const servers = images.filter((image) => /(^|\/)nats:/.test(image));
  expect(servers.length).toBeGreaterThan(2);
  expect([...new Set(servers)]).toEqual([`docker.io/library/nats:${tag}`]);
});
