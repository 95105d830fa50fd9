/** Every service is replaced, one process at a time, while tasks are submitted: none is lost or doubled. */
import type { ServiceProcess, ServiceSpec } from '@assay/cli/network/service-process';
import type { TaskRequestInput } from '@assay/protocol/task/task';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { expectReportedOnce } from './reported-once.ts';
import { startLoad } from './steady-load.ts';
import { markedTask, publicRequest, sealedRequest } from './trace/trace-tasks.ts';
import { startWatchedNetwork, type WatchedNetwork } from './watched-network.ts';

/** The nightly run has four operators, `npm test` one. */
const isWhole = process.env.TEST_SCOPE === 'whole';
/** Tasks in progress at once: always one, and as many as a network takes that is not overloaded. */
const underWayMax = isWhole ? 3 : 1;
const slow = 420_000;

let network: WatchedNetwork;
/** The target of the load; one line here replaces a Kubernetes Service's routing by readiness. */
let gatewayUrl: string;

beforeAll(async () => {
  network = await startWatchedNetwork({
    operators: isWhole ? 4 : 1,
    logLevel: 'warn',
    environment: { TURN_DELTA_MS: '1000' },
  });
  gatewayUrl = network.gatewayUrl;
});

afterAll(() => network.stop());

/** Every process in the nightly run; in `npm test` all but the second aggregator. */
const isReplaced = ({ name }: ServiceSpec) => isWhole || !/^aggregator-[1-9]/.test(name);

it('every service is replaced under load, and every task ends with exactly one certified report', {
  timeout: slow,
}, async () => {
  const sealed: TaskRequestInput[] = [];
  for (const name of ['sealed 1', 'sealed 2']) sealed.push(await sealedRequest(network, markedTask(name)));
  const load = startLoad({
    gatewayUrl: () => gatewayUrl,
    requestOf: (number) => publicRequest(markedTask(`rolling ${number}`)),
    underWayMax,
  });
  const replaced = network.specs.filter(isReplaced);
  expect(new Set(replaced.map(({ service }) => service))).toEqual(new Set(network.specs.map(({ service }) => service)));
  for (const spec of replaced) {
    const old = network.services.find(({ name }) => name === spec.name);
    if (old === undefined) throw new Error(`${spec.name} does not run.`);
    // Sealed tasks need the key participant's answers while it is replaced.
    if (spec.service === 'oracle-key-participant') for (const request of sealed) load.also(request);
    await (spec.service === 'consensus-aggregator' ? replaceAfter(spec, old) : replaceBefore(spec, old));
  }
  const handled = await load.stop();
  const reported = await expectReportedOnce(network);
  expect(reported.sort()).toEqual(handled.map(({ taskId }) => taskId as string).sort());
  const latencies = handled.map(({ ms }) => Math.round(ms)).sort((a, b) => a - b);
  const of = (share: number) => latencies[Math.min(latencies.length - 1, Math.floor(share * latencies.length))] ?? 0;
  process.stdout.write(
    `rolling restart: ${replaced.length} processes replaced under load, ${handled.length} tasks, 0 lost, 0 doubled; from hand-in to certified report p50 ${of(0.5)} ms, p99 ${of(0.99)} ms, longest ${of(1)} ms\n`,
  );
  expect(handled.length).toBeGreaterThan(replaced.length);
});

/** Like a Deployment with `maxSurge: 1`: the new process is ready before the old one is stopped. */
async function replaceBefore(spec: ServiceSpec, old: ServiceProcess): Promise<void> {
  const fresh = await network.start({ ...spec, name: `${spec.name}-new` });
  if (spec.service === 'gateway') gatewayUrl = `http://127.0.0.1:${fresh.facts.httpPort}`;
  await old.stop();
}

/** Like a StatefulSet: only one process at a time has an aggregator's index and account. */
async function replaceAfter(spec: ServiceSpec, old: ServiceProcess): Promise<void> {
  await old.stop();
  await network.start({ ...spec, name: `${spec.name}-new` });
}
