/** Telemetry that records everything, for tests. */

import { AsyncLocalStorage } from 'node:async_hooks';
import type { Headers, Log, SpanOptions, Telemetry } from '@assay/protocol/ports';

/** A finished or running span. */
export interface RecordedSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly links: readonly string[];
  readonly attributes: Record<string, string | number | boolean>;
  failed: string | undefined;
}

/** One entry of the log. */
export interface RecordedLog {
  readonly level: keyof Log;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Telemetry with its records. */
export interface MemoryTelemetry extends Telemetry {
  readonly spans: readonly RecordedSpan[];
  readonly logs: readonly RecordedLog[];
  /** The sum of a counter over all its labels, or with exactly these. */
  counted(metric: string, labels?: Readonly<Record<string, string>>): number;
}

/** Empty telemetry. Ids count up from 1. */
export function memoryTelemetry(): MemoryTelemetry {
  const spans: RecordedSpan[] = [];
  const logs: RecordedLog[] = [];
  const active = new AsyncLocalStorage<RecordedSpan>();
  const start = (name: string, options: SpanOptions): RecordedSpan => {
    const parent = options.parent === undefined ? idsOf(carrierOf(active.getStore())) : idsOf(options.parent);
    const spanId = (spans.length + 1).toString(16).padStart(16, '0');
    const links = (options.links ?? []).flatMap((carrier) => idsOf(carrier)?.traceId ?? []);
    const span = {
      name,
      traceId: parent?.traceId ?? spanId.padStart(32, '0'),
      spanId,
      parentSpanId: parent?.spanId,
      links,
      attributes: { ...options.attributes },
      failed: undefined,
    };
    spans.push(span);
    return span;
  };
  const logAs =
    (level: keyof Log) =>
    (message: string, fields: Readonly<Record<string, unknown>> = {}) =>
      void logs.push({ level, message, fields });
  return {
    spans,
    logs,
    ...memoryMetrics(),
    async span(name, options, work) {
      const span = start(name, options);
      const fail = (code: string) => {
        span.failed = code;
      };
      const setAttribute = (key: string, value: string | number | boolean) => {
        span.attributes[key] = value;
      };
      return active.run(span, async () => {
        try {
          return await work({ setAttribute, fail });
        } catch (error) {
          fail(error instanceof Error ? error.name : 'unknown');
          throw error;
        }
      });
    },
    carrier: () => carrierOf(active.getStore()),
    log: { debug: logAs('debug'), info: logAs('info'), warn: logAs('warn'), error: logAs('error') },
    close: async () => undefined,
  };
}

type MemoryMetrics = Pick<MemoryTelemetry, 'count' | 'duration' | 'gauge' | 'counted' | 'metricsText'>;

function memoryMetrics(): MemoryMetrics {
  const numbers = new Map<string, number>();
  const keyOf = (metric: string, labels: Readonly<Record<string, string>>) =>
    `${metric}${JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)))}`;
  const add = (key: string, by: number) => void numbers.set(key, (numbers.get(key) ?? 0) + by);
  return {
    count: (metric, labels = {}, by = 1) => add(keyOf(metric, labels), by),
    duration: (metric, _seconds, labels = {}) => add(keyOf(metric, labels), 1),
    gauge: (metric, value, labels = {}) => void numbers.set(keyOf(metric, labels), value),
    counted: (metric, labels) =>
      [...numbers]
        .filter(([key]) => (labels === undefined ? key.startsWith(`${metric}[`) : key === keyOf(metric, labels)))
        .reduce((sum, [, value]) => sum + value, 0),
    metricsText: async () => [...numbers].map(([key, value]) => `${key} ${value}\n`).join(''),
  };
}

function carrierOf(span: RecordedSpan | undefined): Headers {
  return span === undefined ? {} : { traceparent: `00-${span.traceId}-${span.spanId}-01` };
}

function idsOf(carrier: Headers): { readonly traceId: string; readonly spanId: string } | undefined {
  const [, traceId, spanId] = (carrier.traceparent ?? '').split('-');
  return traceId === undefined || spanId === undefined ? undefined : { traceId, spanId };
}
