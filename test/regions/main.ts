/**
 * Operators in three regions, run for real: `npm run test:regions -- [--delay-ms 80] [--loss 0.01] [--cut-seconds 60]`.
 * Three network namespaces reach each other with delay and loss. Clients of each region have tasks certified; then one
 * region is cut off and comes back. Every task must be reported once, in one batch on the chain.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { expectOnce } from '../cluster/certified-once.ts';
import { step, until } from '../containers/run.ts';
import { taskOf } from '../containers/trial.ts';
import { type Load, startLoad } from '../e2e/steady-load.ts';
import { cutIndex, regions } from './layout.ts';
import { dir, type RegionNetwork, startRegionNetwork } from './network.ts';
import { whatRegionsLack } from './requirements.ts';
import { buildWan, startWideAreaNetwork, tracesOfNetwork, type WideAreaNetwork } from './wide-area-network.ts';

const { values } = parseArgs({
  options: {
    'delay-ms': { type: 'string', default: '80' },
    loss: { type: 'string', default: '0.01' },
    'cut-seconds': { type: 'string', default: '60' },
    'calm-seconds': { type: 'string', default: '60' },
  },
});
const delayMs = Number(values['delay-ms']);
const loss = Number(values.loss);
const secondsOf = { calm: Number(values['calm-seconds']), cut: Number(values['cut-seconds']) };
const patienceMs = 300_000;
const underWayMax = 2;
const tasksOfRegion = 100_000;
async function testRegions(): Promise<void> {
  process.stdout.write(`The output of all programs is in ${dir}\n`);
  await step('the program that carries packets', buildWan);
  const what = `${delayMs} ms in each direction, ${100 * loss} % of packets lost`;
  const wan = await step(`three regions: ${what}`, () => startWideAreaNetwork({ delayMs, loss }));
  try {
    const network = await startRegionNetwork();
    try {
      await runTasks(network, wan);
    } finally {
      await step('services and servers stop', () => network.stop());
    }
  } finally {
    await step('nothing is left', async () => {
      const counted = await wan.stop();
      const left = await tracesOfNetwork();
      if (left.length > 0) throw new Error(`The regions left ${left.join(', ')}.`);
      return counted;
    });
  }
}

async function runTasks(network: RegionNetwork, wan: WideAreaNetwork): Promise<void> {
  const loads = network.gatewayUrls.map((url, index) =>
    startLoad({
      gatewayUrl: () => url,
      requestOf: (number) => ({ ...taskOf(tasksOfRegion * index + number), policy: 'checksum-only' }),
      underWayMax,
      patienceMs,
    }),
  );
  const phases = new Phases(loads);
  try {
    await step('a task of each region is certified', () => phases.oneMore(loads));
    await phases.run('all regions are there', () => pause(1_000 * secondsOf.calm));
    const { namespace } = regions[cutIndex] ?? { namespace: '' };
    await wan.cut(namespace);
    await phases.run(`${namespace} is cut off`, () => pause(1_000 * secondsOf.cut));
    await wan.mend(namespace);
    await phases.run('it is back', () => phases.oneMore(loads.slice(cutIndex, cutIndex + 1)));
    await phases.run('all regions are there again', () => pause(1_000 * secondsOf.calm));
  } catch (error) {
    for (const load of loads) load.stop().catch(() => undefined);
    throw error;
  }
  const handled = (await step('the last tasks', () => Promise.all(loads.map((load) => load.stop())))).flat();
  await step('every task has one report, in one batch on the chain', () =>
    expectCertifiedOnce(
      network,
      handled.map(({ taskId }) => taskId),
    ),
  );
}

/** On the bus as two regions hold it, the one that was away among them. */
async function expectCertifiedOnce(network: RegionNetwork, handled: readonly Hex[]): Promise<string> {
  for (const index of [0, cutIndex]) {
    const { reported, proposed } = await network.records(index);
    expectOnce(`a report on the bus, in region ${index}`, reported, handled);
    const posted: Hex[] = [];
    for (const { epoch, sequence, root, taskIds } of proposed)
      if ((await network.chain.readRoot(epoch, sequence)) === root) posted.push(...taskIds);
    expectOnce('a batch on the chain', posted, handled);
  }
  return `${handled.length} tasks of clients, 0 lost, 0 doubled`;
}

/** Tells what the clients of each region saw in each part of the run. */
class Phases {
  readonly #loads: readonly Load[];

  constructor(loads: readonly Load[]) {
    this.#loads = loads;
  }

  async run(name: string, part: () => Promise<unknown>): Promise<void> {
    const before = this.#loads.map((load) => load.soFar().length);
    await step(name, async () => void (await part()));
    for (const [index, load] of this.#loads.entries()) {
      const ms = load
        .soFar()
        .slice(before[index])
        .map((one) => one.ms);
      process.stdout.write(`           clients of ${regions[index]?.namespace}: ${told(ms)}\n`);
    }
  }

  /** Waits until clients of each have one more report. */
  async oneMore(loads: readonly Load[]): Promise<void> {
    const before = loads.map((load) => load.soFar().length);
    const isMore = () => loads.every((load, index) => load.soFar().length > (before[index] ?? 0));
    await until('a report in each region', async () => (isMore() ? true : undefined), patienceMs);
  }
}

function told(ms: readonly number[]): string {
  const sorted = ms.toSorted((a, b) => a - b);
  const at = (share: number) => `${((sorted[Math.floor(share * (sorted.length - 1))] ?? 0) / 1_000).toFixed(1)} s`;
  return sorted.length === 0
    ? 'no report'
    : `${sorted.length} reports, p50 ${at(0.5)}, p99 ${at(0.99)}, longest ${at(1)}`;
}

const missing = whatRegionsLack();
if (missing !== undefined) process.stdout.write(`Skipped test:regions. ${missing}\n`);
else await testRegions();
