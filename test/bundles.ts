/**
 * Bundles each service before the tests that start networks. A service from a bundle starts with less than half of the
 * processor time of one from its 1,500 modules, and a network has up to 20 of them. A bundle of unchanged sources is
 * used again.
 */
import { createHash } from 'node:crypto';
import { access, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sourceCondition } from '@assay/adapters/process/entry-file';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, '.assay/bundles');

const isSource = /^[\w-]+\/(?:src\/.*(?<!\.test)\.ts|package\.json)$/;

/** Other runs in this clone may still use theirs. */
const bundlesKept = 3;

/** Brings the bundles up to date and names their folder to the tests, in `ASSAY_BUNDLES`. */
export default async function setUp(): Promise<void> {
  process.env.ASSAY_BUNDLES ??= await bundleServices();
}

/** The folder with a bundle of every service: `<service>/main.js`, and beside it the files of its threads. */
export async function bundleServices(): Promise<string> {
  const entries = await entriesOf(join(root, 'services'));
  await mkdir(folder, { recursive: true });
  const bundles = join(folder, await sourcesDigest());
  if (await exists(bundles)) {
    const now = new Date();
    await utimes(bundles, now, now);
    return bundles;
  }
  await deleteOldBundles();
  const unfinished = await mkdtemp(`${bundles}-`);
  const bundle = await rolldown({
    cwd: root,
    platform: 'node',
    input: { ...entries, 'chunks/sqlite-journal-thread': 'packages/adapters/src/journal/sqlite-journal-thread.ts' },
    // Its binaries are found beside its own files.
    external: [/^onnxruntime-/],
    resolve: { conditionNames: [sourceCondition, 'node', 'import'] },
  });
  await bundle.write({
    dir: unfinished,
    format: 'esm',
    // Threads of shared code are found beside the chunk that has it.
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name]-[hash].js',
  });
  await bundle.close();
  await rename(unfinished, bundles).catch(async (error: unknown) => {
    // Another run was faster.
    await rm(unfinished, { recursive: true });
    if (!(await exists(bundles))) throw error;
  });
  return bundles;
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
  for (const file of [join(root, 'package-lock.json'), ...workspaces.flat().sort()]) {
    digest.update(`${file}\n`).update(await readFile(file));
  }
  return digest.digest('hex').slice(0, 16);
}

async function deleteOldBundles(): Promise<void> {
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
