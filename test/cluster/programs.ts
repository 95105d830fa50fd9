/** The programs of a Kubernetes node, and servers that no package brings, each built from its Go module once. */
import { readFileSync } from 'node:fs';
import { step } from '../containers/run.ts';
import { download, go, goBuild, isBuilt, writeModule } from './modules.ts';

/** Runs on machines with control groups of version 1, too. */
const kubernetes = '1.34.4';
const etcd = '3.6.8';
const coredns = '1.15.0';
/** The autoscaler. */
export const keda = '2.21.0';
/** A node of IPFS, and the release of its library that has what Kubo otherwise takes from a fork. */
const kubo = { ipfs: '0.43.1', libp2p: '0.50.0' } as const;
/** The OpenTelemetry collector, as the stack of deploy/compose runs it. */
export const collector = '0.165.0';
/** The last release whose client speaks to engines of 2022, such as podman 4. */
const compose = '2.40.3';
/** The module that has its manifests and definitions, too. */
export const kedaModule = `github.com/kedacore/keda/v2@v${keda}`;

const ofKubernetes = ['kube-apiserver', 'kubelet', 'kube-scheduler', 'kube-controller-manager', 'kube-proxy'] as const;
type OfKubernetes = (typeof ofKubernetes)[number];

/** What admits objects. */
export const admissionPrograms = ['etcd', 'kube-apiserver'] as const;
/** What runs pods; `pause` holds the network of each. */
export const nodePrograms = ['etcd', ...ofKubernetes, 'coredns', 'pause'] as const;
/** What scales on the backlog of consumers. */
export const kedaPrograms = ['keda', 'keda-adapter'] as const;

/** A program that can be built. */
export type Program =
  | (typeof nodePrograms)[number]
  | (typeof kedaPrograms)[number]
  | 'docker-compose'
  | 'ipfs'
  | 'collector';

/** Builds those that are missing, one after the other. */
export async function buildPrograms(names: readonly Program[]): Promise<void> {
  for (const name of names) if (!isBuilt(name)) await step(`${name} from its module`, () => build(name));
}

function build(name: Program): Promise<void> {
  switch (name) {
    case 'etcd':
      return buildEtcd();
    case 'coredns':
      return buildCoredns();
    case 'pause':
      return goBuild(writeModule({ name: 'pause', requirements: [], source: pause }), name, '.');
    case 'ipfs':
      return buildKubo();
    case 'collector':
      return buildCollector();
    case 'docker-compose':
      return buildCompose(name);
    case 'keda':
      return buildKeda(name, 'operator');
    case 'keda-adapter':
      return buildKeda(name, 'adapter');
    case 'kube-apiserver':
    case 'kubelet':
    case 'kube-scheduler':
    case 'kube-controller-manager':
    case 'kube-proxy':
      return buildOfKubernetes(name);
  }
}

async function buildOfKubernetes(name: OfKubernetes): Promise<void> {
  const packageOf = (program: string) => `k8s.io/kubernetes/cmd/${program}`;
  const source = sourceOf('tools', ofKubernetes.map(packageOf));
  const folder = writeModule({ name: 'kubernetes', requirements: await requirementsOfKubernetes(), source });
  // Tests of dependencies may need modules that are not served; they are not built.
  await go(folder, ['mod', 'tidy', '-e']);
  const [major, minor] = kubernetes.split('.');
  const stated = { gitVersion: `v${kubernetes}`, gitMajor: major, gitMinor: minor };
  const flags = Object.entries(stated).map(([key, value]) => `-X k8s.io/component-base/version.${key}=${value}`);
  await goBuild(folder, name, packageOf(name), flags);
}

/** Kubernetes, and the modules of its own repository in the version of the same number. */
async function requirementsOfKubernetes(): Promise<string[]> {
  const { GoMod } = await download(`k8s.io/kubernetes@v${kubernetes}`);
  const staging = new Set(
    [...readFileSync(GoMod, 'utf8').matchAll(/(k8s\.io\/[a-z-]+) => \.\/staging/g)].map(([, name]) => name),
  );
  const staged = `v0.${kubernetes.slice(2)}`;
  const replaced = [...staging]
    .toSorted((a = '', b = '') => a.localeCompare(b))
    .map((name) => `\t${name} => ${name} ${staged}`);
  return [`require k8s.io/kubernetes v${kubernetes}`, '', 'replace (', ...replaced, ')'];
}

/** A plug-in of Docker's client, which also runs alone. */
function buildCompose(name: Program): Promise<void> {
  const module = 'github.com/docker/compose/v2';
  const requirements = [`require ${module} v${compose}`];
  const folder = writeModule({ name, requirements, source: 'package main\n\nfunc main() {}\n' });
  return goBuild(folder, name, `${module}/cmd`, [`-X ${module}/internal.Version=v${compose}`]);
}

async function buildEtcd(): Promise<void> {
  const source = sourceOf(
    'main',
    ['os', 'go.etcd.io/etcd/server/v3/etcdmain'],
    'func main() { etcdmain.Main(os.Args) }',
  );
  const folder = writeModule({ name: 'etcd', requirements: [], source });
  await go(folder, ['get', `go.etcd.io/etcd/server/v3@v${etcd}`]);
  await go(folder, ['mod', 'tidy']);
  await goBuild(folder, 'etcd', '.');
}

/** With the plug-in that answers for Services and what it needs; others ask clouds. */
async function buildCoredns(): Promise<void> {
  const of = (path: string) => `github.com/coredns/coredns/${path}`;
  const source = [
    'package main',
    '',
    `import "${of('coremain')}"`,
    ...['bind', 'errors', 'kubernetes'].map((name) => `import _ "${of(`plugin/${name}`)}"`),
    '',
    'func main() { coremain.Run() }',
    '',
  ].join('\n');
  const folder = writeModule({ name: 'coredns', requirements: [], source, goVersion: '1.25' });
  await go(folder, ['get', `github.com/coredns/coredns@v${coredns}`]);
  await go(folder, ['mod', 'tidy', '-e']);
  await goBuild(folder, 'coredns', '.');
}

async function buildKeda(name: 'keda' | 'keda-adapter', command: string): Promise<void> {
  const proto = 'github.com/nexus-rpc/nexus-proto-annotations';
  const requirements = [
    `require github.com/kedacore/keda/v2 v${keda}`,
    '',
    // Its own go.mod replaces these, which counts in a main module only.
    `replace ${proto} v0.1.0 => ${proto} v0.1.1-0.20260629224316-835bd8d49cb4`,
    '',
    'exclude github.com/go-chi/chi/v5 v5.2.3',
  ];
  const packages = ['operator', 'adapter'].map((one) => `github.com/kedacore/keda/v2/cmd/${one}`);
  const folder = writeModule({ name: 'keda', requirements, source: sourceOf('tools', packages), goVersion: '1.26' });
  await go(folder, ['get', ...packages.map((one) => `${one}@v${keda}`)]);
  await goBuild(folder, name, `github.com/kedacore/keda/v2/cmd/${command}`);
}

async function buildKubo(): Promise<void> {
  const command = 'github.com/ipfs/kubo/cmd/ipfs';
  const folder = writeModule({
    name: 'kubo',
    requirements: [],
    source: sourceOf('tools', [command]),
    goVersion: '1.26',
  });
  await go(folder, ['get', `github.com/libp2p/go-libp2p@v${kubo.libp2p}`, `${command}@v${kubo.ipfs}`]);
  await goBuild(folder, 'ipfs', command);
}

async function buildCollector(): Promise<void> {
  const source = readFileSync(new URL('collector.go', import.meta.url), 'utf8');
  const folder = writeModule({ name: 'collector', requirements: [], source, goVersion: '1.26' });
  const parts = [
    ...source.matchAll(/"((?:go\.opentelemetry\.io|github\.com)\S+(?:\wreceiver|\wprocessor|\wexporter|\/otelcol))"/g),
  ];
  // Of the others, such as `component`, each part states the version that it needs.
  await go(folder, ['get', ...parts.map(([, path]) => `${path}@v${collector}`)]);
  await goBuild(folder, 'collector', '.', [`-X main.version=${collector}`]);
}

/** A Go file. The imports of `tools` are only there to be resolved. */
function sourceOf(name: 'main' | 'tools', imports: readonly string[], body = ''): string {
  const head = name === 'tools' ? ['//go:build tools', ''] : [];
  const used = imports.map((path) => `\t${name === 'tools' ? '_ ' : ''}"${path}"`);
  return [...head, `package ${name}`, '', 'import (', ...used, ')', '', body, ''].join('\n');
}

const pause = `package main

import (
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGINT, syscall.SIGTERM)
	<-ended
}
`;
