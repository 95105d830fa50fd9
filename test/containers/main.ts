/**
 * The installation by containers, run for real: `npm run test:containers -- [--keep] [--no-build]`. Makes base images
 * without a registry, builds every image, starts the stack by `docker compose`, has tasks certified through `curl`, kills
 * containers meanwhile, and stops everything by SIGTERM. `--keep` leaves the stack running; `--no-build` takes the images
 * that are there.
 */
import { parseArgs } from 'node:util';
import { buildImages, makeBases } from './images.ts';
import { useOwnLimits } from './own-limits.ts';
import { whatIsMissing } from './requirements.ts';
import { logFile, step, until } from './run.ts';
import { down, Engine, killAndStart, logsOf, scrapedJobs, services, stop, up } from './stack.ts';
import { certified, submit } from './trial.ts';

const { values } = parseArgs({
  options: { keep: { type: 'boolean', default: false }, build: { type: 'boolean', default: true } },
  allowNegative: true,
});
const tasksUnderKills = 12;
const killed = ['checksum-verifier', 'consensus-aggregator', 'nats', 'semantic-validator', 'gateway', 'redis'];
const graceSeconds = 60;

const missing = whatIsMissing();
if (missing !== undefined) {
  process.stdout.write(`Skipped test:containers. ${missing}\n`);
} else {
  await testContainers();
}

async function testContainers(): Promise<void> {
  process.stdout.write(`The output of all programs is in ${logFile}\n`);
  if (values.build) {
    await makeBases();
    await buildImages();
  }
  useOwnLimits();
  const engine = await step("Docker's client, and podman that answers it", () => Engine.start());
  try {
    await testStack(engine);
  } finally {
    await engine.stop();
  }
}

async function testStack(engine: Engine): Promise<void> {
  await down(engine);
  try {
    await step('the stack is healthy', () => up(engine));
    await step('first task certified', firstTask);
    if (values.keep) return leave();
    await step('Prometheus scrapes', checkScrapes);
    await step(`${tasksUnderKills} tasks certified while containers are killed`, certifyUnderKills);
    await step('logs', checkLogs);
    await step('every service stops by SIGTERM', checkStops);
  } finally {
    if (!values.keep) await step('nothing is left', () => checkDown(engine));
  }
}

async function firstTask(): Promise<string> {
  const { results } = await certified(await submit(0));
  return results.map(({ verdict }) => verdict).join(', ');
}

function leave(): void {
  process.stdout.write('The stack runs: http://127.0.0.1:8080. Run this without --keep to test and remove it.\n');
}

/** Submits tasks and kills one container after the other; every task has to be certified once. */
async function certifyUnderKills(): Promise<string> {
  const certificates: Promise<unknown>[] = [];
  for (let number = 1; number <= tasksUnderKills; number += 1) {
    certificates.push(certified(await submit(number)));
    const victim = killed[(number - 1) / 2];
    if (victim !== undefined) await killAndStart(victim);
  }
  await Promise.all(certificates);
  return `killed ${killed.join(', ')}`;
}

/** Prometheus finds every service by the settings of the stack. */
async function checkScrapes(): Promise<string> {
  await until(
    'Prometheus scrapes every service',
    async () => {
      const jobs = new Set(await scrapedJobs());
      return services.every((service) => jobs.has(service)) ? true : undefined;
    },
    120_000,
  );
  return `${services.length} services`;
}

/** What every service writes is lines of JSON that name it: what a collector parses. */
async function checkLogs(): Promise<string> {
  let count = 0;
  for (const service of services) {
    const lines = (await logsOf(service)).split('\n').filter((line) => line.startsWith('{'));
    if (lines.length === 0) throw new Error(`${service} has written no line of JSON.`);
    const stranger = lines.find((line) => (JSON.parse(line) as { service?: string }).service !== service);
    if (stranger !== undefined) throw new Error(`A line of ${service} does not name it: ${stranger}`);
    count += lines.length;
  }
  return `${count} lines of JSON, each names its service`;
}

async function checkStops(): Promise<string> {
  const results = await Promise.all(services.map(async (service) => ({ service, ...(await stop(service)) })));
  const wrong = results.filter(({ code, seconds }) => code !== 0 || seconds > graceSeconds);
  if (wrong.length > 0) throw new Error(`Did not stop cleanly in time: ${JSON.stringify(wrong)}`);
  return `at most ${Math.max(...results.map(({ seconds }) => seconds)).toFixed(1)} s`;
}

async function checkDown(engine: Engine): Promise<void> {
  const left = await down(engine);
  if (left.length > 0) throw new Error(`The stack left ${left.join(', ')}.`);
}
