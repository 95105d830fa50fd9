/** Counters, durations and gauges, told in Prometheus's text format or as OpenMetrics when asked. */
import type { Telemetry } from '@assay/protocol/ports';
import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import type { Resource } from '@opentelemetry/resources';
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import { Exemplars, secondsBounds } from './exemplars.ts';

/** The part of telemetry that counts. */
export type Metrics = Pick<Telemetry, 'count' | 'duration' | 'gauge' | 'metricsText' | 'close'>;

/** What metrics ask of their process. */
export interface MetricsOptions {
  readonly resource: Resource;
  /** Labels that every series carries. */
  readonly always?: Readonly<Record<string, string>>;
  /** `trace_id` and `span_id` of the moment, empty outside of a trace: the example that a duration leaves in its bucket. */
  readonly trace?: () => Readonly<Record<string, string>>;
}

/** Metrics of one process. */
export function createMetrics({ resource, always = {}, trace = () => ({}) }: MetricsOptions): Metrics {
  const reader = new ReaderOnDemand();
  const provider = new MeterProvider({ resource, readers: [reader] });
  const meter = provider.getMeter('assay');
  const serializer = new PrometheusSerializer();
  const counters = byName((name) => meter.createCounter(name));
  const histograms = byName((name) =>
    meter.createHistogram(name, { advice: { explicitBucketBoundaries: [...secondsBounds] }, unit: 's' }),
  );
  const exemplars = new Exemplars();
  const gauges = byName((name) => meter.createGauge(name));
  return {
    count: (metric, labels = {}, by = 1) => counters(metric).add(by, { ...always, ...labels }),
    duration: (metric, seconds, labels = {}) => {
      const all = { ...always, ...labels };
      histograms(metric).record(seconds, all);
      exemplars.note(metric, seconds, all, trace(), Date.now());
    },
    gauge: (metric, value, labels = {}) => gauges(metric).record(value, { ...always, ...labels }),
    metricsText: async (format) => {
      const text = serializer.serialize((await reader.collect()).resourceMetrics);
      return format === 'openmetrics' ? exemplars.openMetrics(text) : text;
    },
    close: () => provider.shutdown(),
  };
}

/** Collects only when `metricsText` asks. */
class ReaderOnDemand extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

function byName<T>(create: (name: string) => T): (name: string) => T {
  const made = new Map<string, T>();
  return (name) => {
    const instrument = made.get(name) ?? create(name);
    made.set(name, instrument);
    return instrument;
  };
}
