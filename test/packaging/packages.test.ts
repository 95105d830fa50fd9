/**
 * The contents of the published packages, and their exports and types as package managers and compilers expect them.
 */
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import { checkPackage, createPackageFromTarballData, type Package } from '@arethetypeswrong/core';
import { checksDigest } from '@assay/composition/checks-digest';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { publishedPackages, type Tarball } from '../../release/pack.ts';
import { publishedManifest } from '../../release/published-manifest.ts';
import { sharedFiles } from '../../release/staged-package.ts';
import { packWhenBuilt } from './pack-when-built.ts';

const names = publishedPackages().map(({ manifest }) => manifest.name);
const version = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
).version;

/** arethetypeswrong compiles every entry point twice, so `npm test` has the package that others write programs for. */
const isCompiled = (name: string) => process.env.TEST_SCOPE === 'whole' || name === '@assay/sdk';

let folder: string;
let tarballs: readonly Tarball[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-tarballs-'));
  tarballs = await packWhenBuilt(folder);
}, 300_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

interface Packed {
  readonly data: Uint8Array;
  readonly files: Package;
  /** Paths within the package. */
  readonly paths: readonly string[];
}

const unpacked = new Map<string, Packed>();

async function packed(name: string): Promise<Packed> {
  const known = unpacked.get(name);
  if (known !== undefined) return known;
  const tarball = tarballs.find((one) => one.name === name);
  if (tarball === undefined) throw new Error(`There is no tarball of ${name}.`);
  const data = new Uint8Array(await readFile(tarball.file));
  const files = createPackageFromTarballData(data);
  const paths = files.listFiles().map((path) => path.slice(`/node_modules/${name}/`.length));
  unpacked.set(name, { data, files, paths });
  return { data, files, paths };
}

it('the SDK, the command and all that they need are published, and the benches are not', () => {
  expect(names).toEqual(expect.arrayContaining(['@assay/sdk', '@assay/cli', '@assay/protocol', '@assay/gateway']));
  expect(names).not.toContain('@assay/bench');
});

it('the tarballs state the digest of the checks that the sources have', async () => {
  const { files } = await packed('@assay/composition');
  const built = files.readFile('/node_modules/@assay/composition/dist/checks-digest.js');
  expect(built).toContain(`checksDigest = '${checksDigest}'`);
});

describe.each(names)('the tarball of %s', (name) => {
  const { files = [], dependencies = {} } =
    publishedPackages().find((one) => one.manifest.name === name)?.manifest ?? {};

  it('holds a licence, a README, the folders that are published, and no test', async () => {
    const { paths } = await packed(name);
    expect(paths).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'package.json']));
    const own = ['LICENSE', 'README.md', 'package.json'];
    const elsewhere = paths.filter((path) => !own.includes(path) && !files.some((one) => path.startsWith(`${one}/`)));
    expect(elsewhere).toEqual([]);
    expect(paths.filter((path) => /\.(test|fixture|property)\.|\.tsbuildinfo$|(?<!\.d)\.ts$/.test(path))).toEqual([]);
  });

  it('has the version of the repository, and its own packages in the same', async () => {
    const manifest = JSON.parse((await packed(name)).files.readFile(`/node_modules/${name}/package.json`));
    expect(manifest.version).toBe(version);
    for (const [dependency, wanted] of Object.entries(dependencies))
      if (dependency.startsWith('@assay/')) expect([dependency, wanted]).toEqual([dependency, version]);
    expect(JSON.stringify(manifest.exports)).not.toMatch(/may-import|assay-source|src\//);
    expect(manifest).not.toHaveProperty('private');
    expect(manifest).not.toHaveProperty('devDependencies');
  });

  it('imports nothing that it does not hold', async () => {
    const { files: archive, paths } = await packed(name);
    const modules = paths.filter((path) => /\.(js|d\.ts)$/.test(path));
    const missing = modules.flatMap((path) => {
      const text = archive.readFile(`/node_modules/${name}/${path}`);
      const imported = [...text.matchAll(/(?:from\s*|import\s*\(?\s*)['"](\.{1,2}\/[^'"]+)['"]/g)];
      return imported
        .map(([, specifier = '']) => posix.join(posix.dirname(path), specifier))
        .map((target) => (path.endsWith('.d.ts') ? target.replace(/\.js$/, '.d.ts') : target))
        .filter((target) => !paths.includes(target))
        .map((target) => `${path} → ${target}`);
    });
    expect(missing).toEqual([]);
  });

  it('has source maps that hold their sources', async () => {
    const { files: archive, paths } = await packed(name);
    for (const path of paths.filter((one) => one.endsWith('.map'))) {
      const map = JSON.parse(archive.readFile(`/node_modules/${name}/${path}`));
      expect([path, map.sourcesContent?.length]).toEqual([path, map.sources.length]);
    }
  });

  it('is right by publint', async () => {
    const { data } = await packed(name);
    const { messages, pkg } = await publint({ pack: { tarball: data.slice().buffer }, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
  });

  it.runIf(isCompiled(name))('has types that resolve for ES modules and bundlers, by arethetypeswrong', async () => {
    const { files: archive, paths } = await packed(name);
    const entrypoints = paths
      .filter((path) => /^dist\/.*\.d\.ts$/.test(path))
      .map((path) => `./${path.replace(/^dist\//, '').replace(/\.d\.ts$/, '')}`);
    if (name === '@assay/sdk') expect(entrypoints).toContain('./gateway-client');
    if (entrypoints.length === 0 || !manifestExports(archive, name)) return;
    const result = await checkPackage(archive, { entrypoints });
    if (result.types === false) throw new Error('The package has no types.');
    // What CommonJS sees of an ES module, and Node 10's resolution without `exports`, are not supported on purpose.
    const supported = new Set(['node16-esm', 'bundler']);
    const wrong = result.problems.filter(
      (problem) => !('resolutionKind' in problem) || supported.has(problem.resolutionKind),
    );
    expect(wrong).toEqual([]);
  });
});

function manifestExports(archive: Package, name: string): boolean {
  return './*' in (JSON.parse(archive.readFile(`/node_modules/${name}/package.json`)).exports ?? {});
}

it('the command ships the policies, the tasks of the demo and the model', async () => {
  const { paths } = await packed('@assay/cli');
  for (const shared of sharedFiles)
    expect(
      paths.some((path) => path.startsWith(`share/${shared}`)),
      shared,
    ).toBe(true);
});

describe('a published manifest', () => {
  const manifest = { name: '@assay/x', version: '1.0.0', description: 'X.', files: ['dist'] };
  const publication = { engines: { node: '>=22' }, repository: undefined };

  it('names the repository, and asks for provenance, only where one is known', () => {
    expect(publishedManifest(manifest, 'packages/x', publication).publishConfig.provenance).toBe(false);
    const known = publishedManifest(manifest, 'packages/x', { ...publication, repository: 'git+https://x.example/y' });
    expect(known).toMatchObject({ publishConfig: { provenance: true }, repository: { directory: 'packages/x' } });
  });

  it('is refused without a description, and with an export that nobody has thought of', () => {
    const { description: _, ...mute } = manifest;
    expect(() => publishedManifest(mute, 'packages/x', publication)).toThrow('packages/x/package.json lacks');
    const odd = { ...manifest, exports: { './*': {}, './odd': './odd.js' } };
    expect(() => publishedManifest(odd, 'packages/x', publication)).toThrow('exports "./odd"');
  });
});
