/**
 * The API server of Kubernetes and its etcd, built from Go modules, and the definitions of the kinds that the overlays
 * use beside Kubernetes's own. They are kept between runs.
 */
import { copyFileSync, existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { attempt, root, run, step } from '../containers/run.ts';

/** What is kept between runs. */
const cache = `${root}.assay/cluster`;
/** The programs, by name. */
export const bin = `${cache}/bin`;
/** CustomResourceDefinitions as their projects publish them. */
export const definitions = `${cache}/definitions`;

/** Runs on machines with control groups of version 1, too. */
const kubernetes = '1.34.4';
const etcd = '3.6.8';
const apiServer = 'k8s.io/kubernetes/cmd/kube-apiserver';

const programs = ['etcd', 'kube-apiserver'] as const;
type Program = (typeof programs)[number];

/** Modules whose releases carry the definitions of kinds, and where. */
const kinds = [
  { module: 'github.com/kedacore/keda/v2@v2.21.0', files: 'config/crd/bases/keda.sh_*.yaml' },
  {
    module: 'github.com/prometheus-operator/prometheus-operator@v0.85.0',
    files: 'example/prometheus-operator-crd/monitoring.coreos.com_{podmonitors,prometheusrules}.yaml',
  },
  {
    module: 'github.com/external-secrets/external-secrets@v1.3.2',
    files: 'config/crds/bases/external-secrets.io_{externalsecrets,secretstores}.yaml',
  },
] as const;

/** True if the API server can run, and knows every kind of the overlays. */
export function canAdmit(): boolean {
  return programs.every(isBuilt) && existsSync(definitions);
}

/** Why the programs cannot be built here; undefined if they can. */
export async function whyNotBuilt(): Promise<string | undefined> {
  const { code } = await attempt('go', ['version']).catch(() => ({ code: 1 }));
  return code === 0 || canAdmit() ? undefined : 'It builds the API server of Kubernetes: install Go.';
}

/** Builds what is missing: ten minutes of a processor the first time. */
export async function buildPrograms(): Promise<void> {
  mkdirSync(bin, { recursive: true });
  if (!existsSync(definitions)) await step('definitions of kinds', bringDefinitions);
  for (const program of programs) if (!isBuilt(program)) await step(`${program} from its module`, () => build(program));
}

const isBuilt = (program: Program) => existsSync(join(bin, program));

const build = (program: Program) => (program === 'etcd' ? buildEtcd() : buildApiServer());

async function buildApiServer(): Promise<void> {
  const folder = moduleFolder('kubernetes');
  await prepareKubernetes(folder);
  const [major, minor] = kubernetes.split('.');
  const stated = { gitVersion: `v${kubernetes}`, gitMajor: major, gitMinor: minor };
  const flags = Object.entries(stated).map(([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`);
  await goBuild(folder, 'kube-apiserver', apiServer, flags);
}

/** A module whose dependency is Kubernetes. Replacements count in the main module only, so it repeats those of staging. */
async function prepareKubernetes(folder: string): Promise<void> {
  const { GoMod } = await download(`k8s.io/kubernetes@v${kubernetes}`);
  const staging = new Set(
    [...readFileSync(GoMod, 'utf8').matchAll(/(k8s\.io\/[a-z-]+) => \.\/staging/g)].map(([, name]) => name),
  );
  const staged = `v0.${kubernetes.slice(2)}`;
  const replaced = [...staging]
    .toSorted((a = '', b = '') => a.localeCompare(b))
    .map((name) => `\t${name} => ${name} ${staged}`);
  writeModule(folder, 'kubernetes', [`require k8s.io/kubernetes v${kubernetes}`, '', 'replace (', ...replaced, ')']);
  const lines = ['//go:build tools', '', 'package tools', '', `import _ "${apiServer}"`, ''];
  writeFileSync(join(folder, 'tools.go'), lines.join('\n'));
  // Tests of dependencies may need modules that are not served; they are not built.
  await go(folder, ['mod', 'tidy', '-e']);
}

async function buildEtcd(): Promise<void> {
  const folder = moduleFolder('etcd');
  writeModule(folder, 'etcd', []);
  const lines = ['package main', '', 'import (', '\t"os"', '', '\t"go.etcd.io/etcd/server/v3/etcdmain"', ')', ''];
  writeFileSync(join(folder, 'main.go'), [...lines, 'func main() { etcdmain.Main(os.Args) }', ''].join('\n'));
  await go(folder, ['get', `go.etcd.io/etcd/server/v3@v${etcd}`]);
  await go(folder, ['mod', 'tidy']);
  await goBuild(folder, 'etcd', '.');
}

async function bringDefinitions(): Promise<void> {
  const found: string[] = [];
  for (const { module, files } of kinds) {
    const { Dir } = await download(module);
    const those = globSync(files, { cwd: Dir }).map((file) => join(Dir, file));
    if (those.length === 0) throw new Error(`${module} has no ${files}.`);
    found.push(...those);
  }
  mkdirSync(definitions, { recursive: true });
  for (const file of found) copyFileSync(file, join(definitions, basename(file)));
}

async function download(module: string): Promise<{ readonly Dir: string; readonly GoMod: string }> {
  mkdirSync(cache, { recursive: true });
  return JSON.parse(await go(cache, ['mod', 'download', '-json', module])) as { Dir: string; GoMod: string };
}

function moduleFolder(name: string): string {
  const folder = join(cache, 'modules', name);
  mkdirSync(folder, { recursive: true });
  return folder;
}

function writeModule(folder: string, name: string, lines: readonly string[]): void {
  writeFileSync(join(folder, 'go.mod'), [`module local.test/${name}`, '', 'go 1.24', '', ...lines, ''].join('\n'));
}

const go = (cwd: string, args: readonly string[]) =>
  run('nice', ['go', ...args], { cwd, env: { GOFLAGS: '-mod=mod' } });

async function goBuild(folder: string, program: Program, target: string, flags: readonly string[] = []): Promise<void> {
  const linker = ['-s', '-w', ...flags].join(' ');
  await run('nice', ['go', 'build', '-ldflags', linker, '-o', join(bin, program), target], {
    cwd: folder,
    env: { GOFLAGS: '-mod=mod -buildvcs=false', CGO_ENABLED: '0' },
  });
}
