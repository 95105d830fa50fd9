/**
 * Every alert fires in a real network by the fault that it is for, in a real Prometheus that scrapes the services, and
 * does not fire before it. Nightly, because faults last minutes. Two alerts ask for series of exporters that are not
 * part of Assay; a small server takes the place of NATS's exporter and of cert-manager.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { anvilAccountKey } from '@assay/adapters/evm/anvil-accounts';
import { connectEvmChain } from '@assay/adapters/evm/chain';
import type { ServerProcess } from '@assay/adapters/process/server-programs';
import { accounts } from '@assay/cli/network/network-keys';
import type { ServiceProcess } from '@assay/cli/network/service-process';
import { subjects } from '@assay/protocol/bus/subjects';
import { fromHex, type Hex } from '@assay/protocol/encoding/bytes';
import { decodeMessage, encodeMessage } from '@assay/protocol/encoding/decode';
import { digestOfObservation, observationSchema } from '@assay/protocol/observation/observation';
import { addressOf, signDigest } from '@assay/protocol/signature/signature';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { alertGroups } from '../../../deploy/generate/observability.ts';
import { away, type FaultyRpc, fair, rpc, startFaultyRpc } from '../../chain/faulty-rpc.ts';
import { RegistryOwner } from '../../e2e/registry-owner.ts';
import { serviceNamed, startWatchedNetwork, type WatchedNetwork } from '../../e2e/watched-network.ts';
import { eventually } from '../../integration/eventually.ts';
import { temporaryFolder } from '../../integration/temporary-folder.ts';
import { type FiringAlert, firingAlerts, hasProgram, startPrometheus } from '../prometheus-server.ts';
import { writeHastened } from './hastened-alerts.ts';
import { OtherExporter } from './other-exporter.ts';
import { type Repeated, repeat, requestOf } from './task-stream.ts';

const divisor = 30;
const patienceMs = 150_000;
const epochSeconds = 20;
const tasksPauseMs = 300;
const badMessages = 20;
const backlogTasks = 280;
const [noFunds, funds] = ['0x2386f26fc10000', '0x21e19e0c9bab2400000'];
/** Longer than a report may take by the objective. */
const frozenMs = 33_000;
/** Longer than the policy's deadline. */
const lateMs = 25_000;

const why = !hasProgram('prometheus')
  ? ' (needs Prometheus; Debian: prometheus)'
  : process.env.TEST_SCOPE !== 'whole'
    ? ' (nightly: TEST_SCOPE=whole)'
    : '';

describe.skipIf(why !== '')(`alerts in a network with faults${why}`, () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let network: WatchedNetwork;
  let prometheus: ServerProcess;
  let endpoint: FaultyRpc;
  let other: ServiceProcess;
  let tasks: Repeated;
  const exporter = new OtherExporter();
  const certificates = new OtherExporter();
  const seen = new Set<string>();
  const running = new Map<string, ServiceProcess>();

  beforeAll(async () => {
    folder = await temporaryFolder();
    network = await startWatchedNetwork({
      operators: 3,
      aggregators: 1,
      epochSeconds,
      replicasOf: (_, role) => (role === 'checksum' ? 1 : 0),
      entryOf: (service) =>
        service === 'checksum-verifier'
          ? join(process.env.ASSAY_BUNDLES ?? '', 'fixed-time-validator/main.js')
          : undefined,
      environment: { CHECK_MS: '0', FINALITY: '24', TURN_DELTA_MS: '1500', REQUESTS_PER_MINUTE: '100000' },
    });
    endpoint = await startFaultyRpc(network.servers.anvil.url);
    await restarted('aggregator-0', { CHAIN_RPC_URL: endpoint.url });
    const gateway = serviceNamed(network, 'gateway');
    const environment = { ...gateway.spec.environment, CHAIN_RPC_URL: endpoint.url, REQUESTS_PER_MINUTE: '1' };
    other = await network.start({
      ...gateway.spec,
      name: 'gateway-1',
      environment: { ...environment, INSTANCE: 'gateway-1' },
    });
    const rules = join(folder.path, 'alerts.yaml');
    await writeHastened(rules, divisor);
    const services = [...network.services, other].map((one) => ({
      job: one.service,
      instance: one.name,
      port: Number(one.facts.healthPort),
    }));
    const others = [
      { job: 'nats', instance: 'nats-0', port: await exporter.open() },
      { job: 'cert-manager', instance: 'cert-manager', port: await certificates.open() },
    ];
    prometheus = await startPrometheus(folder.path, [...services, ...others], rules);
    tasks = repeat(tasksPauseMs, (number) => network.gateway.submitTask(requestOf(`load ${number}`)));
    await eventually('reports', async () => (await network.bus.lastSequence('REPORTS')) > 5, patienceMs);
  }, patienceMs);

  afterAll(async () => {
    await tasks?.stop();
    await prometheus?.stop();
    await Promise.all([exporter.close(), certificates.close()]);
    await network?.stop();
    await endpoint?.close();
    await folder?.remove();
  }, patienceMs);

  /** Starts a service of the plan again, at the address where Prometheus finds it, with other settings. */
  async function restarted(name: string, settings: Readonly<Record<string, string>> = {}): Promise<void> {
    const before = processOf(name);
    await before.stop();
    const environment = { ...before.spec.environment, HEALTH_PORT: String(before.facts.healthPort), ...settings };
    running.set(name, await network.start({ ...before.spec, environment }));
  }

  const processOf = (name: string) => running.get(name) ?? serviceNamed(network, name);

  /** Brings a fault about, and waits until its alerts fire, which none of them did before. */
  async function fires(alerts: readonly string[], fault: () => Promise<unknown> | undefined): Promise<FiringAlert[]> {
    const of = async () => (await firingAlerts(prometheus)).filter(({ name }) => alerts.includes(name));
    await eventually(`none of ${alerts.join(', ')}`, async () => (await of()).length === 0, patienceMs);
    await fault();
    const waiting = new Set(alerts);
    const found = new Map<string, FiringAlert>();
    await eventually(
      `${[...waiting].join(', ')} to fire`,
      async () => {
        for (const one of await of()) found.set(one.name, one);
        return found.size === waiting.size;
      },
      patienceMs,
    );
    for (const { name, labels, summary } of found.values()) {
      seen.add(name);
      // A label that is not there leaves a hole in the text.
      expect(Object.values(labels)).not.toContain('');
      expect(summary).not.toMatch(/ {2}|: $|\bof is\b|<no value>/);
      process.stdout.write(`${name}: ${summary}\n`);
    }
    return [...found.values()];
  }

  const flood = () =>
    repeat(50, () => fetch(`http://127.0.0.1:${other.facts.httpPort}/v1/network`).then((answer) => answer.text()));

  // First: later faults make reports late, too.
  it('an aggregator that stands still', async () => {
    const { pid } = processOf('aggregator-0');
    let frozenUntilMs = 0;
    await fires(['AssayNoCertificate'], async () => {
      process.kill(pid, 'SIGSTOP');
      frozenUntilMs = performance.now() + frozenMs;
    });
    await eventually('the aggregator stood still long enough', () => performance.now() > frozenUntilMs);
    process.kill(pid, 'SIGCONT');
    await fires(['AssayLatencyBudgetBurnsFast', 'AssayLatencyBudgetBurnsSlowly'], () => undefined);
  });

  it('messages that nobody accepts', () =>
    fires(['AssayDeadLetters'], async () => {
      for (let count = 0; count < badMessages; count++)
        await network.bus.publish(subjects.task(`0x${count.toString(16).padStart(64, 'e')}`), Buffer.from('{}'));
    }));

  it('a client over its limit', async () => {
    const requests = flood();
    try {
      await fires(['AssayRateLimited'], () => undefined);
    } finally {
      await requests.stop();
    }
  });

  it('a transmitter with little money', async () => {
    const transmitter = addressOf(fromHex(anvilAccountKey(accounts.firstAggregator)));
    const has = (wei: string | undefined) => rpc(network.rpcUrl, 'anvil_setBalance', [transmitter, wei]);
    await fires(['AssayBalanceLow'], () => has(noFunds));
    await has(funds);
  });

  it('a reorganisation', () => fires(['AssayBatchVanished'], () => rpc(network.rpcUrl, 'anvil_reorg', [12, []])));

  it('an RPC that does not answer', async () => {
    await fires(['AssayPostsFail'], async () => {
      endpoint.weather = away;
    });
    // It stays away until the next epoch has started.
  });

  it('a service that does not hear of an epoch', async () => {
    await fires(['AssayEpochBehind'], () => new RegistryOwner(network).startEpoch());
    endpoint.weather = fair;
  });

  it('a cache, a service and a server of NATS that are gone', async () => {
    await fires(['AssayRedisDegraded', 'AssayServiceDown', 'AssayNatsDegraded'], async () => {
      await network.servers.redis.kill();
      await processOf('oracle-key-participant-0').kill();
      await exporter.close();
    });
    await network.servers.redis.restart();
    await exporter.open();
    await restarted('oracle-key-participant-0');
  });

  it('an operator of three that is away, while another signs twice', () =>
    fires(['AssayQuorumAtRisk', 'AssayEquivocation'], async () => {
      await processOf('operator-1-checksum-0').stop();
      await signTwice();
    }));

  it('an operator of three that is late, and cosigns', () =>
    fires(['AssayAbstainsMany'], () =>
      restarted('operator-1-checksum-0', { CHECK_MS: String(lateMs), CONCURRENCY: '256' }),
    ));

  it('a backlog', async () => {
    await restarted('operator-1-checksum-0', { CHECK_MS: '3000', CONCURRENCY: '1' });
    await fires(['AssayBacklogGrows'], () =>
      Promise.all(
        Array.from({ length: backlogTasks }, (_, number) => network.gateway.submitTask(requestOf(`backlog ${number}`))),
      ),
    );
  });

  it('a certificate that ends soon', () =>
    fires(['AssayCertificateExpires'], async () => {
      const labels = '{name="nats-tls",exported_namespace="assay"}';
      const metric = 'certmanager_certificate_expiration_timestamp_seconds';
      certificates.text = `${metric}${labels} ${Math.round(Date.now() / 1_000) + 86_400}\n`;
    }));

  it('are all the alerts that there are', () => {
    expect([...seen].sort()).toEqual(
      alertGroups()
        .flatMap(({ rules }) => rules.map(({ alert }) => alert))
        .sort(),
    );
  });

  /** The first operator signs another observation of a task that is still open: the contrary of its first. */
  async function signTwice(): Promise<void> {
    const [operator] = network.operators;
    if (operator === undefined) throw new Error('The network has no operator.');
    const taskId = (await network.gateway.submitTask(requestOf('twice'))) as Hex;
    const subject = subjects.observation(taskId, 'checksum', operator.address);
    const first = await eventually('its first observation', () => network.bus.last('OBSERVATIONS', subject));
    const decoded = decodeMessage(observationSchema, first.data);
    if (!decoded.ok) throw new Error(decoded.refusal.detail);
    const { signature: _, salt: __, ...unsigned } = decoded.value;
    const contrary = unsigned.measurements.replace(/^0x..../, '0x0001') as Hex;
    const second = { ...unsigned, measurements: contrary };
    const key = fromHex((await readFile(operator.keyFile, 'utf8')).trim() as Hex);
    const chain = connectEvmChain({ rpcUrl: network.rpcUrl, ...network.contracts });
    const signature = signDigest(digestOfObservation(await chain.network(unsigned.epoch), second), key);
    await network.bus.publish(subject, encodeMessage({ ...second, signature }));
  }
});
