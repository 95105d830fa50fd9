import { readFile } from 'node:fs/promises';
import { batchIdOf, streams, subjects } from '@assay/protocol/bus/subjects';
import { encodeMessage } from '@assay/protocol/encoding/decode';
import { attributes, metrics, spans } from '@assay/runtime/service/telemetry-names';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../integration/eventually.ts';
import { type OtlpReceiver, type ReceivedSpan, spanKinds, startOtlpReceiver, statusError } from './otlp-receiver.ts';
import { standardRoles } from './standard-roles.ts';
import {
  allServices,
  isWhole,
  named,
  orphans,
  parentOf,
  validatorServices,
  withOutcome,
} from './trace/trace-expectations.ts';
import { logLinesOf, metricsOf, probe } from './trace/trace-service.ts';
import {
  type CertifiedTask,
  certify,
  certifyTogether,
  clientTrace,
  contentMarkers,
  markedTask,
  sealedRequest,
  traceparentOf,
} from './trace/trace-tasks.ts';
import { serviceNamed, startWatchedNetwork, type WatchedNetwork } from './watched-network.ts';

/** The nightly run has four operators, as networks have; two give traces of the same parts. */
const extent = { operators: process.env.TEST_SCOPE === 'whole' ? 4 : 2, aggregators: 2, roles: standardRoles };
const sealedClient = clientTrace();
const forgedClient = clientTrace();

let receiver: OtlpReceiver;
let network: WatchedNetwork;
let sealed: CertifiedTask;
let pair: readonly [CertifiedTask, CertifiedTask];

beforeAll(async () => {
  receiver = await startOtlpReceiver();
  network = await startWatchedNetwork({
    ...extent,
    otlpEndpoint: receiver.url,
    logLevel: 'debug',
    environment: { BATCH_WAIT_MS: '1500' },
  });
  sealed = await certify(network, await sealedRequest(network, markedTask('sealed and traced')), sealedClient);
  pair = await certifyTogether(network);
  await forgeObservation();
});

afterAll(async () => {
  await network?.stop();
  await receiver?.close();
});

/** Publishes an invalid observation. */
async function forgeObservation(): Promise<void> {
  const operator = network.operators[0]?.address ?? '0x';
  const subject = subjects.observation(`0x${'0f'.repeat(32)}`, 'semantic', operator);
  await network.bus.publish(subject, encodeMessage({ forged: contentMarkers[0] }), {
    headers: { traceparent: traceparentOf(forgedClient) },
  });
}

/** The trace of a task whose client sent no context. */
function traceOf({ taskId }: CertifiedTask): ReceivedSpan[] {
  const root = named(receiver.spans, spans.acceptTask).find((span) => span.attributes[attributes.taskId] === taskId);
  return root === undefined ? [] : receiver.ofTrace(root.traceId);
}

function sealedTrace(): ReceivedSpan[] {
  return receiver.ofTrace(sealedClient.traceId);
}

const isSealedWhole = () =>
  isWhole(sealedTrace(), extent, { sealed: true, holdsBatch: true, clientSpanId: sealedClient.spanId });
const batchIdIn = ({ report }: CertifiedTask) => batchIdOf(report.epoch, report.sequence);

describe('the trace of a sealed task', () => {
  it('runs from the gateway through all six services, without a gap', async () => {
    await receiver.until('the whole trace of the sealed task', isSealedWhole);
    const trace = sealedTrace();
    expect(new Set(trace.map((span) => span.service))).toEqual(new Set(allServices));
    const [root] = named(trace, spans.acceptTask);
    expect(root).toMatchObject({ service: 'gateway', kind: spanKinds.server, parentSpanId: sealedClient.spanId });
    expect(trace.filter((span) => span.parentSpanId === sealedClient.spanId)).toEqual([root]);
    expect(orphans(trace, sealedClient.spanId)).toEqual([]);
  });

  it('has an observation of every operator and role, with its check and its grant of keys below', async () => {
    await receiver.until('the whole trace of the sealed task', isSealedWhole);
    const trace = sealedTrace();
    const whose = ({ attributes: said }: ReceivedSpan) => `${said[attributes.operator]} ${said[attributes.role]}`;
    const everyone = network.operators
      .flatMap(({ address }) => standardRoles.map((role) => `${address} ${role}`))
      .sort();
    expect(withOutcome(trace, spans.observe, 'observed').map(whose).sort()).toEqual(everyone);
    for (const name of [spans.check, spans.unseal, spans.grant]) {
      expect([...new Set(named(trace, name).map(whose))].sort(), name).toEqual(everyone);
    }
    const above = { [spans.check]: spans.observe, [spans.unseal]: spans.observe, [spans.grant]: spans.unseal };
    for (const [name, parent] of Object.entries(above)) {
      for (const span of named(trace, name)) {
        const upper = parentOf(trace, span);
        expect(upper?.name).toBe(parent);
        expect(upper === undefined ? '' : whose(upper)).toBe(whose(span));
      }
    }
  });

  it('ends in the transaction that the report names', async () => {
    await receiver.until('the whole trace of the sealed task', isSealedWhole);
    const trace = sealedTrace();
    const cosigners = withOutcome(trace, spans.cosign, 'cosigned').map((span) => span.attributes[attributes.operator]);
    expect(cosigners.map(String).sort()).toEqual(network.operators.map(({ address }) => address).sort());
    for (const span of [...withOutcome(trace, spans.post, 'posted'), ...named(trace, spans.publish)]) {
      expect(span.attributes[attributes.transaction]).toBe(sealed.report.transaction.hash);
    }
  });
});

describe('traces of tasks that share a batch', () => {
  it('are two, each complete; one has the spans of the batch, which link to both', async () => {
    const isPairWhole = () => {
      const held = pair.map((task) => named(traceOf(task), spans.cosign).length > 0);
      if (held[0] === held[1]) return 'the batch is on neither trace, or on both';
      const states = pair.map((task, index) =>
        isWhole(traceOf(task), extent, { sealed: false, holdsBatch: held[index] === true }),
      );
      return states.every((state) => state === true) ? true : states.join(' | ');
    };
    await receiver.until('the whole traces of both public tasks', isPairWhole);
    const traceIds = pair.map((task) => traceOf(task)[0]?.traceId);
    expect(new Set(traceIds).size).toBe(2);
    const ofBatch = receiver.spans.filter((span) => span.attributes[attributes.batchId] === batchIdIn(pair[0]));
    for (const span of ofBatch.filter(({ name }) => name === spans.propose || name === spans.post)) {
      expect(new Set(span.links.map((link) => link.traceId))).toEqual(new Set(traceIds));
    }
    for (const [index, task] of pair.entries()) {
      const published = named(traceOf(task), spans.publish);
      expect(published.length).toBeGreaterThan(0);
      for (const { attributes: said, traceId } of published) {
        expect(traceId).toBe(traceIds[index]);
        expect(said[attributes.transaction]).toBe(task.report.transaction.hash);
      }
    }
  });
});

describe('every span', () => {
  it('of a validator has role, operator and task', () => {
    const said = receiver.spans.filter(({ service }) => validatorServices.some((one) => one === service));
    expect(said.length).toBeGreaterThan(0);
    for (const { name, resource, attributes: own } of said) {
      expect(own[attributes.role], name).toBe(resource[attributes.role]);
      expect(own[attributes.operator], name).toBe(resource[attributes.operator]);
      // A batch of several tasks has its id; each task's own trace names who cosigned it.
      const several = name === spans.cosign && Number(own[attributes.batchReports]) > 1;
      expect(own[several ? attributes.batchId : attributes.taskId], name).toEqual(expect.any(String));
    }
  });

  it('of an aggregator has the task, or the batch and its number of tasks', () => {
    for (const { name, attributes: own } of receiver.spans.filter(
      ({ service }) => service === 'consensus-aggregator',
    )) {
      expect(own[attributes.taskId] ?? own[attributes.batchId], name).toEqual(expect.any(String));
      if (own[attributes.taskId] === undefined) expect(Number(own[attributes.batchReports]), name).toBeGreaterThan(1);
    }
  });

  it('of a message or a request follows the semantic conventions', () => {
    const templates = new Set<unknown>(Object.values(streams).flatMap((stream) => stream.subjects));
    const consumers = receiver.spans.filter(({ kind }) => kind === spanKinds.consumer);
    const producers = receiver.spans.filter(({ kind }) => kind === spanKinds.producer);
    for (const { attributes: own } of [...consumers, ...producers]) {
      expect(own['messaging.system']).toBe('nats');
      expect(templates).toContain(own['messaging.destination.name']);
    }
    for (const { attributes: own } of consumers) expect(own['messaging.operation.name']).toBe('process');
    for (const { attributes: own } of producers) expect(own['messaging.operation.name']).toBe('publish');
    for (const { attributes: own } of named(receiver.spans, spans.acceptTask)) {
      expect(own).toMatchObject({
        'http.request.method': 'POST',
        'http.route': '/v1/tasks',
        'http.response.status_code': 202,
      });
    }
    expect(receiver.refused).toEqual([]);
  });
});

describe('a message that is refused', () => {
  it('fails its span, and the dead letter and the log line have its trace', async () => {
    const letter = await eventually('the dead letter', () => network.bus.last('DEAD', subjects.dead('observations')));
    expect(letter.headers.traceparent?.split('-')[1]).toBe(forgedClient.traceId);
    const isFailed = () => {
      const failed = receiver.ofTrace(forgedClient.traceId).filter(({ status }) => status.code === statusError);
      return failed.length === extent.aggregators || `${failed.length} spans failed`;
    };
    await receiver.until('both aggregators to refuse', isFailed);
    for (const span of receiver.ofTrace(forgedClient.traceId)) {
      expect(span).toMatchObject({ name: spans.tally, attributes: { 'error.type': 'malformed' } });
    }
    await eventually('a log line on its trace', async () =>
      (await logLinesOf(serviceNamed(network, 'aggregator-0'))).some(
        (line) => line.message === 'message refused' && line.trace_id === forgedClient.traceId,
      ),
    );
  });
});

describe('each service', () => {
  it('answers /healthz, /readyz and /metrics', async () => {
    const told = new Map<string, string>();
    for (const service of network.services) {
      expect((await probe(service, '/healthz')).status, service.name).toBe(200);
      expect(await probe(service, '/readyz')).toMatchObject({
        status: 200,
        json: { status: 'ready', missing: [], degraded: [] },
      });
      const { status, type, text } = await probe(service, '/metrics');
      expect([status, type]).toEqual([200, 'text/plain; version=0.0.4']);
      for (const line of text.trim().split('\n'))
        expect(line).toMatch(/^(# (HELP|TYPE|UNIT) \w+ .*|\w+(\{.*\})? [-+.\deE]+)$/);
      for (const name of metricsOf(service.service))
        expect(text, `${service.name} ${name}`).toContain(`# TYPE ${name} `);
      told.set(service.name, text);
    }
    // Which validator of an operator cosigns, and which aggregator proposes and posts, is not determined.
    const all = [...told.values()].join('\n');
    const onlyInBadWeather: readonly string[] = [metrics.retries, metrics.reorgs];
    const onlyElsewhere: readonly string[] = [
      metrics.minerAnswers,
      metrics.inputRisks,
      metrics.modelAnswers,
      metrics.judgeTokens,
      metrics.questions,
      metrics.answers,
    ];
    const notHere = [...onlyInBadWeather, ...onlyElsewhere];
    for (const name of Object.values(metrics).filter((one) => !notHere.includes(one)))
      expect(all).toContain(`# TYPE ${name} `);
  });

  it('logs with the trace id while it handles a message or a request', async () => {
    for (const service of network.services) {
      await eventually(`a line of ${service.name} on the sealed task's trace`, async () => {
        const lines = await logLinesOf(service);
        return lines.some(
          (line) => line.trace_id === sealedClient.traceId && /^[0-9a-f]{16}$/.test(line.span_id ?? ''),
        );
      });
    }
  });
});

describe('content', () => {
  it('is in no span, no log and no metric', async () => {
    const signals = new Map(receiver.bodies.map((body, index) => [`export ${index}`, body]));
    for (const service of network.services) {
      signals.set(`log of ${service.name}`, await readFile(service.logFile, 'utf8'));
      signals.set(`metrics of ${service.name}`, (await probe(service, '/metrics')).text);
    }
    expect(signals.size).toBeGreaterThan(2 * network.services.length);
    for (const [where, text] of signals) {
      expect(text.length, where).toBeGreaterThan(0);
      for (const marker of contentMarkers) expect(text.includes(marker), `${marker} in ${where}`).toBe(false);
    }
  });
});

describe('without Redis', () => {
  it('each service is ready, and reports that it is degraded', async () => {
    await network.servers.redis.kill();
    for (const service of network.services) {
      const ready = await eventually(`${service.name} to say that it is degraded`, async () => {
        const answer = await probe(service, '/readyz');
        return (answer.json as { degraded: string[] }).degraded.length > 0 && answer;
      });
      expect(ready).toMatchObject({ status: 200, json: { status: 'ready', degraded: ['redis'] } });
      expect((await probe(service, '/metrics')).text).toMatch(/^assay_degraded(\{.*\})? 1$/m);
    }
  });
});
