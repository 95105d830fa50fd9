/**
 * Packs `@assay/sdk`, the `assay` command, the hub's interface, and everything that they need, into tarballs that npm
 * installs anywhere:
 *
 *     npm run pack               # into .assay/packages
 *     npm run pack -- <folder>
 */
import { spawnSync } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Manifest, Publication } from './published-manifest.ts';
import { type Package, stagePackage } from './staged-package.ts';

/** The packages that people install; the others are their dependencies. */
const published = ['@assay/sdk', '@assay/cli', '@assay/hub-interface'];

const repositoryRoot = fileURLToPath(new URL('../', import.meta.url));
const buildTimeoutMs = 300_000;
const packTimeoutMs = 120_000;

/** A packed package. */
export interface Tarball {
  readonly name: string;
  readonly version: string;
  /** Absolute path of the .tgz. */
  readonly file: string;
}

/** These packages and their dependencies, dependencies first; by default everything that is published. */
export function publishedPackages(names: readonly string[] = published, root: string = repositoryRoot): Package[] {
  const workspaces = new Map<string, Package>();
  for (const path of globSync('{packages,services}/*/package.json', { cwd: root })) {
    const manifest = readManifest(join(root, path));
    workspaces.set(manifest.name, { manifest, folder: dirname(path) });
  }
  const found = new Map<string, Package>();
  const visit = (name: string): void => {
    const one = workspaces.get(name);
    if (one === undefined || found.has(name)) return;
    for (const dependency of Object.keys(one.manifest.dependencies ?? {})) visit(dependency);
    found.set(name, one);
  };
  for (const name of names) visit(name);
  return [...found.values()];
}

/**
 * Builds {@link publishedPackages} and packs them into `target`, which is emptied first. Throws if something does not
 * compile, or if npm refuses.
 */
export function packPackages(target: string, names: readonly string[] = published): Tarball[] {
  const root = repositoryRoot;
  const { engines = {} } = readManifest(join(root, 'package.json'));
  const publication: Publication = { engines, repository: repositoryUrl() };
  const staging = mkdtempSync(join(tmpdir(), 'assay-pack-'));
  try {
    rmSync(target, { recursive: true, force: true });
    mkdirSync(target, { recursive: true });
    build(root);
    const packages = publishedPackages(names, root);
    const folders = packages.map(({ manifest, folder }) => {
      const stage = join(staging, manifest.name.replace('@assay/', ''));
      stagePackage(root, { manifest, folder }, stage, publication);
      return stage;
    });
    npmPack(folders, target);
    return packages.map(({ manifest: { name, version } }) => ({
      name,
      version,
      file: join(target, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`),
    }));
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

/** The build always runs, because only it knows what changed; it is fast if nothing did. */
function build(root: string): void {
  const modules = join(root, 'node_modules');
  runNode([join(modules, 'typescript', 'bin', 'tsc'), '-b'], root);
  // States the digest of the checks.
  runNode([join(root, 'packages', 'composition', 'build.mjs')], root);
  runNode([join(modules, 'vite', 'bin', 'vite.js'), 'build'], join(root, 'packages', 'explorer'));
}

function runNode(args: readonly string[], cwd: string): void {
  const run = spawnSync(process.execPath, [...args], { cwd, encoding: 'utf8', timeout: buildTimeoutMs });
  if (run.status !== 0) throw new Error(`The build ended with ${run.status}:\n${run.stdout}`, { cause: run.error });
}

function npmPack(folders: readonly string[], target: string): void {
  const args = ['pack', ...folders, '--pack-destination', target, '--ignore-scripts', '--loglevel=error'];
  const run = spawnSync('npm', args, { encoding: 'utf8', timeout: packTimeoutMs });
  if (run.status !== 0) throw new Error(`npm pack ended with ${run.status}: ${run.stderr}`, { cause: run.error });
}

/** The repository's URL, in a GitHub workflow; npm compares it with the provenance. */
function repositoryUrl(): string | undefined {
  const { GITHUB_SERVER_URL, GITHUB_REPOSITORY } = process.env;
  return GITHUB_SERVER_URL && GITHUB_REPOSITORY ? `git+${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}.git` : undefined;
}

function readManifest(file: string): Manifest {
  return JSON.parse(readFileSync(file, 'utf8')) as Manifest;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const target = resolve(process.argv[2] ?? join(repositoryRoot, '.assay', 'packages'));
  for (const { file } of packPackages(target)) process.stdout.write(`${file}\n`);
}
