/**
 * The stack of deploy/compose on podman. podman-compose reads the files; the order in which things become healthy is kept
 * here, because podman runs health checks by systemd only, and waits for them from 4.6 on.
 */
import { existsSync, readFileSync } from 'node:fs';
import { errorText } from '@assay/protocol/error-text';
import { parse } from 'yaml';
import { ownImages } from './images.ts';
import { attempt, cache, root, run, until } from './run.ts';

const release = 'podman-compose==1.6.0';
const tool = `${cache}/podman-compose`;
const file = 'deploy/compose/stack.yaml';
const env = { DISABLE_HC_SYSTEMD: 'true' };
const { name: project } = parse(readFileSync(`${root}${file}`, 'utf8')) as { name: string };
const label = `io.podman.compose.project=${project}`;

/** The servers, and what prepares them. Tempo, Loki, Grafana and the collector have no package that could stand in. */
const servers = ['nats', 'redis', 'anvil'] as const;
/** The running services of Assay. */
export const services = ownImages.map(({ service }) => service).filter((service) => service !== 'cli');

const patienceMs = 240_000;

/** Brings podman-compose if it is not there. */
export async function prepareCompose(): Promise<void> {
  if (existsSync(`${tool}/bin/podman-compose`)) return;
  await run('python3', ['-m', 'venv', tool]);
  await run(`${tool}/bin/pip`, ['install', '--quiet', '--disable-pip-version-check', release]);
}

/** Starts everything and waits until all of it is healthy. */
export async function up(): Promise<void> {
  await start(servers);
  await allHealthy(servers);
  await start(['network-setup']);
  const code = await run('podman', ['wait', await containerOf('network-setup')]);
  if (code !== '0') throw new Error(`network-setup ended with code ${code}:\n${await logsOf('network-setup')}`);
  await start(services);
  await allHealthy(services);
}

/** Removes containers, network and volumes of the stack. Resolves with what is left of it. */
export async function down(): Promise<string[]> {
  await attempt(`${tool}/bin/podman-compose`, ['-f', file, 'down', '--volumes', '--timeout', '60'], { env });
  const left = await Promise.all([
    run('podman', ['ps', '--all', '--filter', `label=${label}`, '--format', '{{.Names}}']),
    run('podman', ['volume', 'ls', '--filter', `label=${label}`, '--format', '{{.Name}}']),
    run('podman', ['network', 'ls', '--filter', `label=${label}`, '--format', '{{.Name}}']),
  ]);
  return left.flatMap((names) => names.split('\n')).filter((name) => name !== '');
}

/** The id of a service's container. */
async function containerOf(service: string): Promise<string> {
  const filters = [label, `com.docker.compose.service=${service}`].flatMap((one) => ['--filter', `label=${one}`]);
  const id = await run('podman', ['ps', '--all', '--quiet', ...filters]);
  if (id === '') throw new Error(`${service} has no container.`);
  return id;
}

/** One after the other: asking a container takes more processor time than a service that starts. */
async function allHealthy(names: readonly string[]): Promise<void> {
  for (const name of names) await healthy(name);
}

/** Waits until a service's own health check succeeds. */
async function healthy(service: string): Promise<void> {
  const id = await containerOf(service);
  try {
    await until(
      `${service} is healthy`,
      async () => ((await attempt('podman', ['healthcheck', 'run', id])).code === 0 ? true : undefined),
      patienceMs,
    );
  } catch (error) {
    throw new Error(`${errorText(error)}\n${await logsOf(service)}`);
  }
}

/** Everything that a service has written. */
export async function logsOf(service: string): Promise<string> {
  return (await attempt('podman', ['logs', await containerOf(service)])).output;
}

/** Kills a service's container, and starts it again. */
export async function killAndStart(service: string): Promise<void> {
  const id = await containerOf(service);
  await run('podman', ['kill', '--signal', 'KILL', id]);
  await run('podman', ['wait', id]);
  await run('podman', ['start', id], { env });
  await healthy(service);
}

/** Stops a service by SIGTERM. Resolves with its exit code and the seconds that it took. */
export async function stop(service: string): Promise<{ readonly code: number; readonly seconds: number }> {
  const id = await containerOf(service);
  const startedMs = performance.now();
  await run('podman', ['stop', '--time', '60', id]);
  const seconds = (performance.now() - startedMs) / 1_000;
  return { code: Number(await run('podman', ['inspect', '--format', '{{.State.ExitCode}}', id])), seconds };
}

async function start(names: readonly string[]): Promise<void> {
  const args = ['-f', file, 'up', '--detach', '--no-build', '--no-deps', ...names];
  await run(`${tool}/bin/podman-compose`, args, { env });
}
