/** The autoscalers without KEDA: the rule of prometheus-adapter gives each the backlog of its own consumer, once. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { temporaryFolder } from '../integration/temporary-folder.ts';
import { build, type Manifest, root } from './kustomize.ts';
import { hasProgram } from './prometheus-server.ts';

const namespace = 'assay-operator-b';
const manifests = build('several-operators').filter(({ metadata }) => metadata.namespace === namespace);
const operator = `0x${manifests.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === 'operator')?.data.OPERATOR}`;
const autoscalers = manifests.filter(({ kind }) => kind === 'HorizontalPodAutoscaler');
const metricOf = ({ spec }: Manifest) => spec.metrics[0].external.metric;

const values = join(root, 'deploy/kubernetes/components/hpa/prometheus-adapter.values.yaml');
const [rule] = (parse(readFileSync(values, 'utf8')) as { rules: { external: { metricsQuery: string }[] } }).rules
  .external;

/** What prometheus-adapter asks for an autoscaler's metric. */
function queryFor(autoscaler: Manifest): string {
  const { name, selector } = metricOf(autoscaler);
  const labels = { namespace, ...(selector.matchLabels as Record<string, string>) };
  const matchers = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  return (rule?.metricsQuery ?? '')
    .replaceAll('<<.Series>>', name)
    .replaceAll('<<.LabelMatchers>>', matchers.join(','));
}

it('each asks for the backlog of its operator alone', () => {
  expect(autoscalers.length).toBeGreaterThan(2);
  for (const one of autoscalers) expect(metricOf(one).selector.matchLabels.operator).toBe(operator);
});

describe.skipIf(!hasProgram('promtool'))('with promtool (Debian: prometheus)', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  beforeAll(async () => {
    folder = await temporaryFolder();
  });
  afterAll(() => folder.remove());

  it('what all replicas report counts once, and what other operators have not at all', () => {
    const series = (role: string, of: string, pod: string, backlog: number) => ({
      series: `assay_backlog_messages{namespace="${namespace}",stream="TASKS",role="${role}",operator="${of}",pod="${pod}"}`,
      values: `${backlog}x2`,
    });
    const tests = autoscalers.map((one) => {
      const { role } = metricOf(one).selector.matchLabels;
      const other = `0x${'c3'.repeat(20)}`;
      return {
        interval: '1m',
        input_series: [
          series(role, operator, 'a', 120),
          series(role, operator, 'b', 118),
          series(role, other, 'c', 900),
        ],
        promql_expr_test: [
          {
            expr: `sum(${queryFor(one)})`,
            eval_time: '1m',
            exp_samples: [{ labels: '{}', value: 120 }],
          },
        ],
      };
    });
    const file = join(folder.path, 'backlog.test.yaml');
    writeFileSync(file, stringify({ rule_files: [], evaluation_interval: '1m', tests }));
    expect(() => execFileSync('promtool', ['test', 'rules', file], { stdio: 'pipe' })).not.toThrow();
  });
});
