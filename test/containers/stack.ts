/**
 * The stack of deploy/compose as people start it: by `docker compose`, whose client asks podman here. podman lets systemd
 * run the health checks of containers; this process runs them, so that they are run on machines without it, too.
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parse } from 'yaml';
import { type Daemon, ready, startDaemon } from '../cluster/daemon.ts';
import { bin } from '../cluster/modules.ts';
import { buildPrograms } from '../cluster/programs.ts';
import { ownImages } from './images.ts';
import { isProgram } from './requirements.ts';
import { attempt, cache, root, run, until } from './run.ts';

const file = 'deploy/compose/stack.yaml';
const { name: project } = parse(readFileSync(`${root}${file}`, 'utf8')) as { name: string };
const label = `com.docker.compose.project=${project}`;
const socket = '/run/assay-containers.sock';
const config = join(cache, 'docker');
const env = { DISABLE_HC_SYSTEMD: 'true', DOCKER_HOST: `unix://${socket}`, DOCKER_CONFIG: config };
const betweenChecksMs = 1_000;
const patienceMs = 240_000;
const patienceSeconds = 900;

/** The running services of Assay. */
export const services = ownImages.map(({ service }) => service).filter((service) => service !== 'cli');
/**
 * What is started, with what it depends on. Nothing depends on the cache, and on Prometheus. Tempo, Loki, Grafana and the
 * collector have no package that could stand in for their images.
 */
const started = [...services, 'redis', 'prometheus'];

/** Docker's own client with the plug-in; where it is missing, the plug-in alone, which is a program, too. */
const client = isProgram('docker') ? (['docker', 'compose'] as const) : ([join(bin, 'docker-compose')] as const);

/** The client of Docker Compose, and podman that answers it. */
export class Engine {
  readonly #podman: Daemon;
  readonly #checks: Promise<void>;
  #isOpen = true;

  private constructor(podman: Daemon) {
    this.#podman = podman;
    this.#checks = this.#runChecks();
  }

  /** Brings the client if it is not there, and starts what answers it. */
  static async start(): Promise<Engine> {
    await buildPrograms(['docker-compose']);
    mkdirSync(join(config, 'cli-plugins'), { recursive: true });
    copyFileSync(join(bin, 'docker-compose'), join(config, 'cli-plugins/docker-compose'));
    rmSync(socket, { force: true });
    const args = ['system', 'service', '--time', '0', `unix://${socket}`];
    const podman = startDaemon('podman', args, join(cache, 'podman.log'), env);
    await ready(podman, async () => existsSync(socket));
    return new Engine(podman);
  }

  /** Runs `docker compose` on the stack. Resolves with its output. */
  compose(...args: readonly string[]): Promise<string> {
    const [command, ...first] = client;
    return run(command, [...first, '-f', file, ...args], { env });
  }

  async stop(): Promise<void> {
    this.#isOpen = false;
    await this.#checks;
    await this.#podman.stop();
    rmSync(socket, { force: true });
  }

  /** One after the other: asking a container takes more processor time than a service that starts. */
  async #runChecks(): Promise<void> {
    while (this.#isOpen) {
      const filters = ['--filter', `label=${label}`, '--filter', 'health=starting'];
      const { stdout } = await attempt('podman', ['ps', '--quiet', ...filters]);
      for (const id of stdout.split('\n').filter((one) => one !== ''))
        if (this.#isOpen) await attempt('podman', ['healthcheck', 'run', id]);
      await pause(betweenChecksMs);
    }
  }
}

/** Starts everything by one command, which waits until all of it is healthy. Resolves with the command. */
export async function up(engine: Engine): Promise<string> {
  await engine.compose('up', '-d', '--wait', '--wait-timeout', String(patienceSeconds), ...started);
  return `docker compose -f ${file} up -d --wait ${started.join(' ')}`;
}

/** Removes containers, network and volumes of the stack. Resolves with what is left of it. */
export async function down(engine: Engine): Promise<string[]> {
  await engine.compose('down', '--volumes', '--timeout', '60');
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

/** Waits until a service's own health check succeeds. */
async function healthy(service: string): Promise<void> {
  const id = await containerOf(service);
  await until(
    `${service} is healthy`,
    async () => ((await attempt('podman', ['healthcheck', 'run', id])).code === 0 ? true : undefined),
    patienceMs,
  );
}

/** Everything that a service has written. */
export async function logsOf(service: string): Promise<string> {
  return (await attempt('podman', ['logs', await containerOf(service)])).output;
}

/** The jobs that Prometheus finds, and scrapes, by its own settings. */
export async function scrapedJobs(): Promise<string[]> {
  const query = encodeURIComponent('count by (job) (up == 1)');
  const asked = ['wget', '-q', '-O', '-', `http://127.0.0.1:9090/api/v1/query?query=${query}`];
  const text = await run('podman', ['exec', await containerOf('prometheus'), ...asked]);
  const { data } = JSON.parse(text) as { data: { result: readonly { metric: { job: string } }[] } };
  return data.result.map(({ metric }) => metric.job);
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
