/** Counters, durations and gauges by prom-client, as OpenMetrics with exemplars or in Prometheus's older text format. */
import type { Telemetry } from '@assay/protocol/ports';
import { Counter, Gauge, Histogram, type OpenMetricsContentType, Registry } from 'prom-client';

/** Upper bounds of the buckets of every duration, in seconds: from one message over the bus to a transaction on a slow chain. */
const secondsBounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

type Labels = Readonly<Record<string, string>>;

/** The metrics part of telemetry. */
export type Metrics = Pick<Telemetry, 'count' | 'duration' | 'gauge' | 'metricsText' | 'close'>;

/** What metrics need from their process. */
export interface MetricsOptions {
  /** Labels that every series carries. */
  readonly always?: Labels;
  /** `trace_id` and `span_id` of the moment, empty outside of a trace: the exemplar of a duration's bucket. */
  readonly trace?: () => Labels;
}

/** Metrics of one process. The first use of a metric names its labels; a later one may leave some out, and adds none. */
export function createMetrics({ always = {}, trace = () => ({}) }: MetricsOptions): Metrics {
  const registry = new Registry<OpenMetricsContentType>();
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  const of = (name: string, labels: Labels) => ({
    name,
    help: name,
    labelNames: Object.keys(labels),
    registers: [registry],
  });
  const counters = byName((name, labels) => new Counter(of(name, labels)));
  const gauges = byName((name, labels) => new Gauge(of(name, labels)));
  const histograms = byName(
    (name, labels) => new Histogram({ ...of(name, labels), buckets: secondsBounds, enableExemplars: true }),
  );
  return {
    count: (metric, given = {}, by = 1) => {
      const labels = { ...always, ...given };
      counters(metric, labels).inc(labels, by);
    },
    duration: (metric, seconds, given = {}) => {
      const labels = { ...always, ...given };
      const exemplarLabels = trace();
      const example = exemplarLabels.trace_id === undefined ? {} : { exemplarLabels };
      histograms(metric, labels).observe({ labels, value: seconds, ...example });
    },
    gauge: (metric, value, given = {}) => {
      const labels = { ...always, ...given };
      gauges(metric, labels).set(labels, value);
    },
    metricsText: async (format) => {
      const text = await registry.metrics();
      return format === 'openmetrics' ? text : prometheusText(text);
    },
    close: async () => registry.clear(),
  };
}

function byName<T>(create: (name: string, labels: Labels) => T): (name: string, labels: Labels) => T {
  const made = new Map<string, T>();
  return (name, labels) => {
    const metric = made.get(name) ?? create(name, labels);
    made.set(name, metric);
    return metric;
  };
}

/**
 * OpenMetrics as Prometheus text 0.0.4, which has no exemplars and names a counter's family as its samples. (prom-client
 * writes one registry in one format: writing OpenMetrics renames its counters for good.)
 */
function prometheusText(openMetrics: string): string {
  const counters = new Set([...openMetrics.matchAll(/^# TYPE (\w+) counter$/gm)].map(([, name]) => name));
  return openMetrics
    .replace(/^# EOF\n/m, '')
    .replace(
      /^(# (?:HELP|TYPE) )(\w+)/gm,
      (_, what: string, name: string) => `${what}${name}${counters.has(name) ? '_total' : ''}`,
    )
    .replace(/^(.*) # \{.*\} \S+ \S+$/gm, '$1');
}
