/**
 * Bundles the services and the `assay` command before the tests that start networks. A program from a bundle loads in
 * less than half of the processor time of one from its 1,500 modules, and a network has up to 20 of them. A bundle of
 * unchanged sources is used again.
 */
import { createHash } from 'node:crypto';
import { access, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type Plugin, rolldown } from 'rolldown';
// Vitest leaves packages in a global set-up to Node, which would look for built ones.
import { sourceCondition } from '../packages/adapters/src/process/entry-file.ts';
import { builtChecksDigest } from '../packages/composition/src/checks-sources.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
/** The service of the tests' liars, and that of the scaling test. */
const liar = join(root, 'test/e2e/lying-validator.ts');
const fixedTime = join(root, 'packages/bench/src/scale/fixed-time-validator.ts');
/** Services: a bundle has `<service>/main.js`, and beside it the files of its threads. */
const serviceBundles = join(root, '.assay/bundles');
/** The `assay` command, which finds the repository's files from its own place: as deep as its sources. */
const commandBundles = join(root, 'packages/cli/.assay');
/** Packages with binaries, which they find beside their own files. */
const native = [/^onnxruntime-/, /^secp256k1\//];

/** Of one command alone; its CommonJS classes do not survive the bundle. */
const postgres = [/^pg$/, /^node-pg-migrate$/];

/** The n-grams of the language detector: an object literal of 1.6 MB, which takes three times as long as JSON. */
const tableAsJson: Plugin = {
  name: 'table-as-json',
  transform: {
    filter: { id: /\/eld\/src\/ngrams\/\w+\.js$/ },
    async handler(_, id) {
      const { ngramsData }: { ngramsData: unknown } = await import(pathToFileURL(id).href);
      return `export const ngramsData = JSON.parse(${JSON.stringify(JSON.stringify(ngramsData))});`;
    },
  },
};

const isSource = /^[\w-]+\/(?:src\/.*(?<!\.test)\.ts|package\.json)$/;

/** Other runs in this clone may still use theirs. */
const bundlesKept = 3;

/** Brings the bundles up to date, and names them to the tests: `ASSAY_BUNDLES`, `ASSAY_COMMAND`. */
export default async function setUp(): Promise<void> {
  if (process.env.ASSAY_BUNDLES !== undefined) return;
  const digest = await sourcesDigest();
  const services = join(serviceBundles, digest);
  const command = join(commandBundles, digest);
  const journalThread = 'packages/adapters/src/journal/sqlite-journal-thread.ts';
  await bundle(services, 'chunks/', {
    ...(await entriesOf(join(root, 'services'))),
    'chunks/sqlite-journal-thread': journalThread,
    'lying-validator/main': liar,
    'fixed-time-validator/main': fixedTime,
  });
  await bundle(command, '', {
    main: 'packages/cli/src/main.ts',
    'evaluate-worker': 'packages/cli/src/calibration/evaluate-worker.ts',
    'sqlite-journal-thread': journalThread,
  });
  process.env.ASSAY_BUNDLES = services;
  process.env.ASSAY_COMMAND = join(command, 'main.js');
}

/** A bundle has no sources beside it, so it states the digest of its checks, as a build does. */
const statesChecks: Plugin = {
  name: 'states-checks',
  load: (id) =>
    id === join(root, 'packages/composition/src/checks-digest.ts')
      ? builtChecksDigest(new URL('..', import.meta.url))
      : null,
};

/** The command imports `assay bench` by a string, which a bundle resolves only if the import states it. */
const statesBench: Plugin = {
  name: 'states-bench',
  transform: {
    filter: { id: /\/cli\/src\/commands\/bench-command\.ts$/ },
    handler: (code) => code.replace('import(benchModule)', "import('@assay/bench/program')"),
  },
};

/** Bundles programs into a folder, unless it is there. Threads of shared code are found beside the chunk that has it. */
async function bundle(target: string, chunks: string, entries: Record<string, string>): Promise<void> {
  if (await exists(target)) {
    const now = new Date();
    return utimes(target, now, now);
  }
  await mkdir(dirname(target), { recursive: true });
  await deleteOldBundles(dirname(target));
  const unfinished = await mkdtemp(`${target}-`);
  const build = await rolldown({
    cwd: root,
    platform: 'node',
    input: entries,
    external: [...native, ...postgres],
    plugins: [tableAsJson, statesChecks, statesBench],
    resolve: { conditionNames: [sourceCondition, 'node', 'import'] },
  });
  await build.write({
    dir: unfinished,
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: `${chunks}[name]-[hash].js`,
  });
  await build.close();
  await rename(unfinished, target).catch(async (error: unknown) => {
    // Another run was faster.
    await rm(unfinished, { recursive: true });
    if (!(await exists(target))) throw error;
  });
}

/** `<service>/<file>` and its source, for each program and thread of the services. */
async function entriesOf(services: string): Promise<Record<string, string>> {
  const files = (await readdir(services, { recursive: true })).filter((file) =>
    /^[\w-]+\/src\/(?:main|check-thread)\.ts$/.test(file),
  );
  return Object.fromEntries(files.map((file) => [file.replace('/src/', '/').slice(0, -3), join(services, file)]));
}

/** Changes with every edit of a source and with the installed packages. */
async function sourcesDigest(): Promise<string> {
  const workspaces = await Promise.all(
    ['packages', 'services'].map(async (name) => {
      const files = await readdir(join(root, name), { recursive: true });
      return files.filter((file) => isSource.test(file)).map((file) => join(root, name, file));
    }),
  );
  const digest = createHash('sha256');
  for (const file of [
    join(root, 'package-lock.json'),
    fileURLToPath(import.meta.url),
    liar,
    ...workspaces.flat().sort(),
  ]) {
    digest.update(`${file}\n`).update(await readFile(file));
  }
  return digest.digest('hex').slice(0, 16);
}

async function deleteOldBundles(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  const byAge = await Promise.all(names.map(async (name) => ({ name, ms: (await stat(join(folder, name))).mtimeMs })));
  const old = byAge.sort((a, b) => b.ms - a.ms).slice(bundlesKept - 1);
  for (const { name } of old) await rm(join(folder, name), { recursive: true, force: true });
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
