/** Makes every image of the stack without a registry: the bases, then Assay's own. Layers are kept between runs. */
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { attempt, cache, root, run, step } from './run.ts';

const context = `${cache}/bases`;
const debian = 'localhost/assay-base:bookworm';
const secrets = `${cache}/secrets`;

const composed = (file: string) =>
  parse(readFileSync(`${root}deploy/compose/${file}`, 'utf8'), { merge: true }) as {
    services: Record<string, { image: string; build?: { args: { SERVICE: string } } }>;
  };

/** A short name as registries complete it. */
const complete = (image: string) =>
  image.split('/').length > 2 ? image : `docker.io/${image.includes('/') ? '' : 'library/'}${image}`;

const servers = composed('compose.yaml').services;
const stack = composed('stack.yaml').services;
const versionOf = (image: string) => /:v?([\d.]+)/.exec(image)?.[1] ?? '';
const nodeImage = /^ARG NODE_IMAGE=(\S+)$/m.exec(readFileSync(`${root}deploy/Dockerfile`, 'utf8'))?.[1] ?? '';

/** The images of Assay, by service. */
export const ownImages = Object.values(stack).flatMap(({ image, build }) =>
  build === undefined ? [] : [{ service: build.args.SERVICE, image: complete(image) }],
);

/** The images of the servers that run beside them. */
export const serverImages = [servers.nats, servers.redis, servers.anvil].map((one) => complete(one?.image ?? ''));

/** Makes the images that the stack takes from a registry, unless this machine has them. */
export async function makeBases(): Promise<void> {
  const wanted = {
    node: nodeImage,
    nats: complete(servers.nats?.image ?? ''),
    redis: complete(servers.redis?.image ?? ''),
    prometheus: complete(stack.prometheus?.image ?? ''),
    foundry: complete(servers.anvil?.image ?? ''),
  };
  const missing: [string, string][] = [];
  for (const [target, image] of Object.entries(wanted)) if (!(await isThere(image))) missing.push([target, image]);
  if (missing.length === 0) return;
  if (!(await isThere(debian))) await step('Debian by debootstrap', makeDebian);
  await step('programs of the bases', () => gatherPrograms(versionOf(wanted.nats), versionOf(wanted.foundry)));
  for (const [target, image] of missing)
    await step(image, () =>
      build(['--target', target, '-f', `${root}test/containers/bases.Dockerfile`, '-t', image, context]),
    );
}

/** Builds the images of Assay, all with the layers of the first. Resolves with their sizes. */
export async function buildImages(): Promise<void> {
  writeSecrets();
  try {
    for (const { service, image } of ownImages)
      await step(image, async () => {
        const given = ['npmrc', 'npm-ca'].flatMap((id) => ['--secret', `id=${id},src=${secrets}/${id}`]);
        await build([...given, '-f', 'deploy/Dockerfile', '--build-arg', `SERVICE=${service}`, '-t', image, '.']);
        return `${await run('podman', ['image', 'inspect', '--format', '{{.Size}}', image]).then(megabytes)} MB`;
      });
  } finally {
    rmSync(secrets, { recursive: true, force: true });
  }
}

const megabytes = (bytes: string) => Math.round(Number(bytes) / 1e6);

const isThere = async (image: string) => (await attempt('podman', ['image', 'exists', image])).code === 0;

async function build(args: readonly string[]): Promise<void> {
  await run('nice', ['buildah', 'bud', '--layers', '--network', 'host', '--pull-never', '--format', 'docker', ...args]);
}

async function makeDebian(): Promise<void> {
  const folder = `${cache}/debian`;
  await unmountProc(folder);
  rmSync(folder, { recursive: true, force: true });
  await run('debootstrap', ['--variant=minbase', '--include=ca-certificates', 'bookworm', folder]);
  await unmountProc(folder);
  const archive = `${cache}/debian.tar`;
  await run('tar', ['-C', folder, '--one-file-system', '-cf', archive, '.']);
  await run('podman', ['import', archive, debian]);
  rmSync(folder, { recursive: true });
  rmSync(archive);
}

/** debootstrap can leave the machine's /proc mounted, which is no part of an image and must not be deleted. */
async function unmountProc(folder: string): Promise<void> {
  const mounted = readFileSync('/proc/self/mounts', 'utf8').includes(` ${folder}/proc `);
  if (mounted) await run('umount', [`${folder}/proc`]);
}

/** Node and npm, NATS of the deployed version, and the chain's programs, into the build context. */
async function gatherPrograms(nats: string, foundry: string): Promise<void> {
  mkdirSync(context, { recursive: true });
  const npm = /npm@(\S+)/.exec((JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as Manifest).packageManager);
  await unpack(`npm@${npm?.[1]}`, 'npm');
  copyFileSync(process.execPath, join(context, 'node'));
  const cpu = process.arch === 'x64' ? 'amd64' : process.arch;
  for (const program of ['anvil', 'cast']) {
    await unpack(`@foundry-rs/${program}-linux-${cpu}@${foundry}`, `${program}-package`);
    copyFileSync(join(context, `${program}-package/bin/${program}`), join(context, program));
  }
  if (existsSync(join(context, 'nats-server'))) return;
  const module = `github.com/nats-io/nats-server/v2@v${nats}`;
  await run('nice', ['go', 'install', '-ldflags', '-s -w', module], { env: { GOBIN: context, CGO_ENABLED: '0' } });
}

interface Manifest {
  readonly packageManager: string;
}

/** A package of npm into a folder of the context. */
async function unpack(spec: string, folder: string): Promise<void> {
  const target = join(context, folder);
  if (existsSync(target)) return;
  const archive = await run('npm', ['pack', '--silent', spec], { cwd: context });
  mkdirSync(target);
  await run('tar', ['-xzf', archive, '--strip-components=1', '-C', target], { cwd: context });
  rmSync(join(context, archive));
}

/** npm's settings of this machine, and its CA certificates, for the time of the build. They are in no layer. */
function writeSecrets(): void {
  mkdirSync(secrets, { recursive: true, mode: 0o700 });
  const files = [join(homedir(), '.npmrc'), '/etc/npmrc'].filter((file) => existsSync(file));
  const ca = process.env.NODE_EXTRA_CA_CERTS;
  const lines = files.map((file) => readFileSync(file, 'utf8'));
  writeFileSync(join(secrets, 'npmrc'), [...lines, ca && 'cafile=/run/secrets/npm-ca', ''].filter(Boolean).join('\n'), {
    mode: 0o600,
  });
  writeFileSync(join(secrets, 'npm-ca'), ca ? readFileSync(ca) : '');
}
