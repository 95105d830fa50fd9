import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Telemetry } from '@assay/protocol/ports';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTelemetry } from './telemetry.ts';

interface ReceivedSpan {
  readonly traceId: string;
  readonly name: string;
  readonly parentSpanId?: string;
  readonly status: { readonly code?: number; readonly message?: string };
}

const received: string[] = [];
const lines: string[] = [];
const receiver = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    received.push(`${request.url} ${request.headers['content-type']} ${Buffer.concat(chunks).toString('latin1')}`);
    response.setHeader('content-type', 'application/json').end('{}');
  });
});
let telemetry: Telemetry;

beforeAll(async () => {
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  const address = receiver.address();
  if (address === null || typeof address === 'string') throw new Error('The receiver has no port.');
  telemetry = startTelemetry({
    service: 'test-service',
    instance: 'one',
    operator: '0xabc',
    role: 'semantic',
    otlpEndpoint: `http://127.0.0.1:${address.port}`,
    logLevel: 'debug',
    logDestination: { write: (line) => void lines.push(line) },
  });
});
afterAll(() => void receiver.close());

const logLine = (message: string) =>
  JSON.parse(lines.find((line) => line.includes(message)) ?? '{}') as Record<string, unknown>;

describe('telemetry', () => {
  it('carries one trace through nested spans, carriers and logs', async () => {
    let outer = '';
    await telemetry.span('outer', { kind: 'server' }, async () => {
      outer = telemetry.carrier().traceparent ?? '';
      await telemetry.span('inner', {}, async () => telemetry.log.info('inside', { detail: 1, big: 7n }));
    });
    const traceId = outer.split('-')[1];
    expect(outer).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    expect(logLine('inside')).toMatchObject({
      service: 'test-service',
      instance: 'one',
      operator: '0xabc',
      role: 'semantic',
      trace_id: traceId,
      detail: 1,
      big: '7',
      level: 'info',
    });
    await telemetry.span('elsewhere', { kind: 'consumer', parent: { traceparent: outer } }, async () => {
      expect(telemetry.carrier().traceparent?.split('-')[1]).toBe(traceId);
    });
    telemetry.log.info('outside');
    expect(logLine('outside')).not.toHaveProperty('trace_id');
  });

  it('marks a span that threw with a code, never with the text', async () => {
    const failing = telemetry.span('failing', {}, () => Promise.reject(new TypeError('secret content')));
    await expect(failing).rejects.toThrow('secret content');
    await telemetry.span('refused', {}, async (span) => span.fail('too-long'));
  });

  it('exports metrics as Prometheus text', async () => {
    telemetry.count('assay_tasks_total', { outcome: 'accept' }, 2);
    telemetry.count('assay_tasks_total', { outcome: 'accept' });
    telemetry.duration('assay_handle_seconds', 0.02, { kind: 'task' });
    telemetry.gauge('assay_degraded', 1);
    const text = await telemetry.metricsText();
    expect(text).toMatch(/assay_tasks_total\{[^}]*outcome="accept"[^}]*\} 3/);
    expect(text).toMatch(/assay_handle_seconds_bucket\{[^}]*le="0.025"[^}]*\} 1/);
    expect(text).toMatch(/assay_degraded(\{[^}]*\})? 1/);
  });

  it('exports OpenMetrics with the trace of a duration as an exemplar of its bucket', async () => {
    const carrier = await telemetry.span('measured', {}, async () => {
      telemetry.duration('assay_example_seconds', 0.3, { stage: 'a "quoted"\nstage' });
      return telemetry.carrier();
    });
    telemetry.duration('assay_example_seconds', 0.0001, { stage: 'without a trace' });
    const lines = (await telemetry.metricsText('openmetrics')).split('\n');
    const [, traceId, spanId] = carrier.traceparent?.split('-') ?? [];
    const examples = lines.filter((line) => line.includes(' # {'));
    expect(examples.filter((line) => line.startsWith('assay_example_seconds'))).toEqual([
      expect.stringMatching(
        new RegExp(`le="0.5".*\\} 1 # \\{trace_id="${traceId}",span_id="${spanId}"\\} 0.3 \\d+(\\.\\d+)?$`),
      ),
    ]);
    expect(lines).toContain('# TYPE assay_tasks counter');
    expect(lines.filter((line) => line.startsWith('# UNIT'))).toEqual([]);
    expect(lines.slice(-2)).toEqual(['# EOF', '']);
  });

  it('sends all spans to the receiver before it closes', async () => {
    await telemetry.close();
    const sent = received.join('\n');
    expect(sent).toMatch(/^\/v1\/traces application\/(json|x-protobuf)/);
    for (const name of ['outer', 'inner', 'elsewhere', 'failing', 'refused', 'too-long', 'test-service'])
      expect(sent).toContain(name);
    expect(sent).not.toContain('secret content');
    if (sent.includes('application/json')) {
      const spans = received.flatMap((one) => spansOf(one.slice(one.indexOf('{'))));
      expect(
        new Set(
          spans.filter(({ name }) => ['outer', 'inner', 'elsewhere'].includes(name)).map(({ traceId }) => traceId),
        ).size,
      ).toBe(1);
      expect(spans.find(({ name }) => name === 'failing')?.status).toMatchObject({ code: 2, message: 'TypeError' });
    }
  });
});

function spansOf(json: string): ReceivedSpan[] {
  const body = JSON.parse(json) as { resourceSpans: { scopeSpans: { spans: ReceivedSpan[] }[] }[] };
  return body.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
}
