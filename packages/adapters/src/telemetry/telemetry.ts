/** Traces, metrics and logs on OpenTelemetry. */

import { setTimeout as pause } from 'node:timers/promises';
import { errorText } from '@assay/protocol/error-text';
import type { Headers, Span, SpanOptions, Telemetry } from '@assay/protocol/ports';
import {
  type Context,
  context,
  defaultTextMapGetter,
  defaultTextMapSetter,
  isSpanContextValid,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { createLogger, type LoggerOptions, type LogLevel } from './logger.ts';
import { createMetrics } from './metrics.ts';

/** Identity of this process, and the destination of its traces. */
export interface TelemetryOptions {
  readonly service: string;
  readonly instance: string;
  readonly operator?: string;
  readonly role?: string;
  /** Base URL of an OTLP/HTTP receiver: `http://127.0.0.1:4318`. Without it, traces are not exported. */
  readonly otlpEndpoint?: string;
  readonly logLevel?: LogLevel;
  readonly logDestination?: LoggerOptions['destination'];
}

const exportDelayMs = 2_000;
const exportTimeoutMs = 5_000;
const queueSpansMax = 8_192;
const batchSpansMax = 512;
const closeTimeoutMs = 3_000;

const kinds = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
} as const;

/** Starts telemetry for this process; the context manager and propagator become the process's own. */
export function startTelemetry(options: TelemetryOptions): Telemetry {
  const fields = fieldsOf(options);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  const resource = resourceFromAttributes({
    'service.name': options.service,
    'service.instance.id': options.instance,
    'service.namespace': 'assay',
    ...attributesOf(options),
  });
  const spanProcessors = options.otlpEndpoint === undefined ? [] : [exporterTo(options.otlpEndpoint)];
  const provider = new TracerProvider({ resource, spanProcessors });
  trace.setGlobalTracerProvider(provider);
  const tracer = provider.getTracer('assay');
  const metrics = createMetrics({ always: whoseOf(options), trace: traceFields });
  const log = createLogger({
    fields,
    context: traceFields,
    ...(options.logLevel === undefined ? {} : { level: options.logLevel }),
    ...(options.logDestination === undefined ? {} : { destination: options.logDestination }),
  });
  return {
    span: (name, spanOptions, work) =>
      inSpan(
        tracer,
        name,
        { ...spanOptions, attributes: { ...attributesOf(options), ...spanOptions.attributes } },
        work,
      ),
    carrier: () => carrierOf(context.active()),
    ...metrics,
    log,
    async close() {
      const timer = new AbortController();
      const flushed = provider
        .shutdown()
        .catch((error: unknown) => log.warn('the last traces could not be sent', { reason: errorText(error) }));
      await Promise.race([flushed, pause(closeTimeoutMs, undefined, { signal: timer.signal }).catch(() => undefined)]);
      timer.abort();
      await metrics.close();
    },
  };
}

function exporterTo(endpoint: string): BatchSpanProcessor {
  const exporter = new OTLPTraceExporter({
    url: `${endpoint.replace(/\/$/, '')}/v1/traces`,
    timeoutMillis: exportTimeoutMs,
  });
  return new BatchSpanProcessor({
    exporter,
    scheduledDelayMillis: exportDelayMs,
    exportTimeoutMillis: exportTimeoutMs,
    maxQueueSize: queueSpansMax,
    maxExportBatchSize: batchSpansMax,
  });
}

/**
 * Runs `work` in a span. An exception marks the span with the error's name and propagates. The message is not recorded,
 * because it may contain content.
 */
async function inSpan<T>(
  tracer: Tracer,
  name: string,
  options: SpanOptions,
  work: (span: Span) => Promise<T>,
): Promise<T> {
  const parent = options.parent === undefined ? context.active() : contextOf(options.parent);
  const links = (options.links ?? []).flatMap((carrier) => {
    const linked = trace.getSpanContext(contextOf(carrier));
    return linked !== undefined && isSpanContextValid(linked) ? [{ context: linked }] : [];
  });
  const attributes = { ...options.attributes };
  return tracer.startActiveSpan(
    name,
    { kind: kinds[options.kind ?? 'internal'], attributes, links },
    parent,
    async (span) => {
      const fail = (code: string) => {
        span.setAttribute('error.type', code);
        span.setStatus({ code: SpanStatusCode.ERROR, message: code });
      };
      try {
        return await work({ setAttribute: (key, value) => void span.setAttribute(key, value), fail });
      } catch (error) {
        fail(error instanceof Error ? error.name : 'unknown');
        throw error;
      } finally {
        span.end();
      }
    },
  );
}

function contextOf(carrier: Headers): Context {
  return propagation.extract(ROOT_CONTEXT, carrier, defaultTextMapGetter);
}

function carrierOf(active: Context): Headers {
  const carrier: Record<string, string> = {};
  propagation.inject(active, carrier, defaultTextMapSetter);
  return carrier;
}

function traceFields(): Record<string, string> {
  const active = trace.getActiveSpan()?.spanContext();
  return active === undefined || !isSpanContextValid(active)
    ? {}
    : { trace_id: active.traceId, span_id: active.spanId };
}

function fieldsOf(options: TelemetryOptions): Record<string, string> {
  const { service, instance, operator, role } = options;
  return { service, instance, ...whoseOf({ operator, role }) };
}

/** The operator and role of a validator's signals. */
function whoseOf({ operator, role }: { readonly operator?: string | undefined; readonly role?: string | undefined }) {
  return { ...(operator === undefined ? {} : { operator }), ...(role === undefined ? {} : { role }) };
}

function attributesOf(options: TelemetryOptions): Record<string, string> {
  return {
    ...(options.operator === undefined ? {} : { 'assay.operator': options.operator }),
    ...(options.role === undefined ? {} : { 'assay.role': options.role }),
  };
}
