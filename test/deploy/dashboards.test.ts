/**
 * Dashboards against Grafana's own types, every query against the grammar of its language, and data sources that link
 * to each other.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { metrics } from '@assay/runtime/service/telemetry-names';
import { parser as logql } from '@grafana/lezer-logql';
import { parser as traceql } from '@grafana/lezer-traceql';
import type { Tree } from '@lezer/common';
import { parser as promql } from '@prometheus-io/lezer-promql';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { dashboards } from '../../deploy/generate/dashboard-panels.ts';
import { alertGroups } from '../../deploy/generate/observability.ts';
import { root } from './kustomize.ts';
import { whatTheCompilerSays } from './type-check.ts';

const grammars = { prometheus: promql, loki: logql, tempo: traceql } as const;
type Source = keyof typeof grammars;

/** The parts of a query that its grammar rejects. */
function mistakes(source: Source, question: string): string[] {
  const tree: Tree = grammars[source].parse(filledIn(question));
  const wrong: string[] = [];
  tree.iterate({
    enter: ({ type, from }) => {
      if (type.isError) wrong.push(`at ${from}: ${question.slice(from, from + 20)}`);
    },
  });
  return wrong;
}

/** Replaces variables like Grafana does before a query. */
function filledIn(question: string): string {
  return question
    .replaceAll('$__rate_interval', '1m')
    .replaceAll('$__range', '1h')
    .replaceAll('$$__tags', 'job="gateway"')
    .replaceAll(/\$(operator|role|task)\b/g, 'x');
}

const questions = dashboards.flatMap(({ title, panels }) =>
  panels.flatMap(({ title: panel, source = 'prometheus', ask }) =>
    Object.values(ask).map((question) => ({ where: `${title}: ${panel}`, source: source as Source, question })),
  ),
);

const rules = alertGroups().flatMap((group) => group.rules.map(({ alert, expr }) => ({ alert, expr })));

describe('the queries of dashboards and alerts', () => {
  it.each(questions)('$where is valid $source', ({ source, question }) => {
    expect(mistakes(source, question)).toEqual([]);
  });

  it.each(rules)('$alert is valid PromQL', ({ expr }) => {
    expect(mistakes('prometheus', expr)).toEqual([]);
  });

  it('ask only for series that services declare', () => {
    const asked = [...questions.map(({ question }) => question), ...rules.map(({ expr }) => expr)];
    const names = new Set(asked.flatMap((one) => one.match(/\bassay_\w+/g) ?? []));
    const declared = new Set<string>(Object.values(metrics));
    expect([...names].filter((name) => !declared.has(name.replace(/_(bucket|count|sum)$/, '')))).toEqual([]);
  });

  it.each([
    ['prometheus', 'sum(rate(assay_reports_total[1m])'],
    ['loki', '{service_namespace="assay" | json'],
    ['tempo', '{ span.assay.task.id = }'],
  ] as const)('a mistake in a question to %s would be seen', (source, question) => {
    expect(mistakes(source, question)).not.toEqual([]);
  });

  it('cover all three', () => {
    expect(new Set(questions.map(({ source }) => source))).toEqual(new Set(Object.keys(grammars)));
  });
});

describe('the dashboards', () => {
  it('match the types of Grafana', { timeout: 300_000 }, () => {
    const folder = join(root, 'deploy/grafana/dashboards');
    const values = readdirSync(folder).map(
      (file, index) => `export const d${index}: Dashboard = ${readFileSync(join(folder, file), 'utf8')};`,
    );
    expect(values.length).toBe(dashboards.length);
    expect(whatTheCompilerSays(["import type { Dashboard } from '@grafana/schema';", ...values].join('\n'))).toBe('');
  });
});

describe('the data sources', () => {
  interface DataSource {
    readonly uid: string;
    readonly type: string;
    // biome-ignore lint/suspicious/noExplicitAny: each kind has its own, asked for below by name.
    readonly jsonData: any;
  }
  const { datasources } = parse(
    readFileSync(join(root, 'deploy/grafana/provisioning/datasources/assay.yaml'), 'utf8'),
  ) as {
    datasources: DataSource[];
  };
  const of = (type: string) => datasources.find((one) => one.type === type)?.jsonData ?? {};

  it('are those that the dashboards query', () => {
    expect(new Set(datasources.map(({ type }) => type))).toEqual(new Set(Object.keys(grammars)));
    for (const { uid, type } of datasources) expect(uid).toBe(type);
  });

  it('link traces to logs and metrics, logs to traces, metrics to traces', () => {
    expect(of('tempo').tracesToLogsV2).toMatchObject({ datasourceUid: 'loki', filterByTraceID: true });
    expect(of('tempo').tracesToMetrics.datasourceUid).toBe('prometheus');
    expect(of('loki').derivedFields.map((one: { datasourceUid: string }) => one.datasourceUid)).toEqual(['tempo']);
    expect(of('prometheus').exemplarTraceIdDestinations[0].datasourceUid).toBe('tempo');
  });

  it('use valid queries where they link to metrics', () => {
    for (const { query } of of('tempo').tracesToMetrics.queries) expect(mistakes('prometheus', query)).toEqual([]);
  });

  it('find the trace in a log line of Assay', () => {
    const [{ matcherRegex }] = of('loki').derivedFields;
    const line = JSON.stringify({ level: 'info', trace_id: 'ab'.repeat(16), msg: 'a line' });
    expect(new RegExp(matcherRegex).exec(line)?.[1]).toBe('ab'.repeat(16));
  });
});
