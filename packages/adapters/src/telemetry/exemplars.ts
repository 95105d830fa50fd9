/** Traces behind a histogram's buckets, and metrics in OpenMetrics 1.0, the text format that can name them. */

/** Upper bounds of the buckets of every duration, in seconds: from one message over the bus to a transaction on a slow chain. */
export const secondsBounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] as const;

type Labels = Readonly<Record<string, string>>;

/** A duration that is an example of its bucket. */
interface Noted {
  readonly metric: string;
  readonly bound: string;
  readonly labels: Labels;
  readonly trace: Labels;
  readonly seconds: number;
  readonly nowMs: number;
}

/** Series (a bucket each) that are remembered at most; beyond them no new series gets an exemplar. */
const bucketsMax = 4_096;

/**
 * The last trace that fell into each bucket. The OpenTelemetry SDK for JavaScript records no exemplars, and its Prometheus
 * text has no place for them.
 */
export class Exemplars {
  readonly #last = new Map<string, Noted>();

  /** Remembers `trace` (`trace_id` and `span_id`; without a trace nothing) as an example of this duration. */
  note(metric: string, seconds: number, labels: Labels, trace: Labels, nowMs: number): void {
    if (trace.trace_id === undefined) return;
    const bound = String(secondsBounds.find((limit) => seconds <= limit) ?? '+Inf');
    // Noted for each message, read once in a while: labels are put in order and written out when somebody asks.
    const key = `${metric} ${bound} ${Object.values(labels).join(' ')}`;
    if (!this.#last.has(key) && this.#last.size >= bucketsMax) return;
    this.#last.set(key, { metric, bound, labels, trace, seconds, nowMs });
  }

  /**
   * Turns Prometheus text (0.0.4) into OpenMetrics with exemplars: a counter's family has no `_total`, a unit has to be the
   * name's ending (these are left out, the names say it), `# EOF` ends the text.
   */
  openMetrics(prometheusText: string): string {
    const examples = this.#written();
    const counters = new Set([...prometheusText.matchAll(/^# TYPE (\w+)_total counter$/gm)].map(([, name]) => name));
    const lines = prometheusText.split('\n').flatMap((line) => {
      if (line === '' || line.startsWith('# UNIT ')) return [];
      const [, kind, name, rest] = /^# (HELP|TYPE) (\w+) (.*)$/.exec(line) ?? [];
      if (name !== undefined) {
        const family = counters.has(name.replace(/_total$/, '')) ? name.replace(/_total$/, '') : name;
        return [`# ${kind} ${family} ${rest}`];
      }
      return [line + exampleOf(line, examples)];
    });
    return `${lines.join('\n')}\n# EOF\n`;
  }

  /** What is noted as it stands behind a line, by series. */
  #written(): Map<string, string> {
    const examples = new Map<string, string>();
    for (const { metric, bound, labels, trace, seconds, nowMs } of this.#last.values())
      examples.set(keyOf(metric, labels, bound), ` # {${written(trace)}} ${seconds} ${(nowMs / 1_000).toFixed(3)}`);
    return examples;
  }
}

/** What stands behind a line of the text: something only behind a bucket that has an example. */
function exampleOf(line: string, examples: ReadonlyMap<string, string>): string {
  const [, metric, text] = /^(\w+)_bucket\{(.*)\} \d+$/.exec(line) ?? [];
  if (metric === undefined || text === undefined) return '';
  const labels = new Map(
    [...text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, name = '', value = '']) => [name, value]),
  );
  const bound = labels.get('le') ?? '';
  const own = [...labels].filter(([name]) => name !== 'le' && !name.startsWith('otel_scope_'));
  return examples.get(keyOfWritten(metric, own, bound)) ?? '';
}

function keyOf(metric: string, labels: Labels, bound: string): string {
  return keyOfWritten(
    metric,
    Object.entries(labels).map(([name, value]) => [name, escaped(value)]),
    bound,
  );
}

function keyOfWritten(metric: string, labels: readonly (readonly [string, string])[], bound: string): string {
  return JSON.stringify([metric, bound, ...[...labels].sort(([a], [b]) => (a < b ? -1 : 1))]);
}

function written(labels: Labels): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${escaped(value)}"`)
    .join(',');
}

/** A label's value as both text formats write it. */
function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
}
