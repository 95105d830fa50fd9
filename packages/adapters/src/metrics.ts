/** Counters, durations and gauges, told in Prometheus's text format when asked. */
import type { Telemetry } from '@assay/protocol/ports';
import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import type { Resource } from '@opentelemetry/resources';
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';

/** Bounds in seconds: from one message over the bus to a transaction on a slow chain. */
const secondsBounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** The part of telemetry that counts. */
export type Metrics = Pick<Telemetry, 'count' | 'duration' | 'gauge' | 'metricsText' | 'close'>;

/** Metrics of one process; every series carries `always`. */
export function createMetrics(resource: Resource, always: Readonly<Record<string, string>> = {}): Metrics {
  const reader = new ReaderOnDemand();
  const provider = new MeterProvider({ resource, readers: [reader] });
  const meter = provider.getMeter('assay');
  const serializer = new PrometheusSerializer();
  const counters = byName((name) => meter.createCounter(name));
  const histograms = byName((name) =>
    meter.createHistogram(name, { advice: { explicitBucketBoundaries: secondsBounds }, unit: 's' }),
  );
  const gauges = byName((name) => meter.createGauge(name));
  return {
    count: (metric, labels = {}, by = 1) => counters(metric).add(by, { ...always, ...labels }),
    duration: (metric, seconds, labels = {}) => histograms(metric).record(seconds, { ...always, ...labels }),
    gauge: (metric, value, labels = {}) => gauges(metric).record(value, { ...always, ...labels }),
    metricsText: async () => serializer.serialize((await reader.collect()).resourceMetrics),
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
