/** Grafana's dashboards as JSON, and the alert rules in the Prometheus operator's format. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { type Dashboard, dashboards, type Panel } from './dashboard-panels.ts';

const folder = 'deploy/grafana/dashboards';
const schemaVersion = 41;
const columns = 2;
const width = 24 / columns;
const height = 8;

const sources = {
  prometheus: { type: 'prometheus', uid: 'prometheus' },
  tempo: { type: 'tempo', uid: 'tempo' },
  loki: { type: 'loki', uid: 'loki' },
} as const;

export interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** The groups of deploy/prometheus/alerts.yaml, or of a text that it is to have. */
export function alertGroups(
  text = readFileSync(new URL('../prometheus/alerts.yaml', import.meta.url), 'utf8'),
): { readonly name: string; readonly rules: readonly Rule[] }[] {
  return (parse(text) as { groups: { name: string; rules: Rule[] }[] }).groups;
}

/** Path → JSON of each dashboard. */
export function dashboardFiles(): [string, string][] {
  return dashboards.map((one) => [`${folder}/${one.uid}.json`, `${JSON.stringify(dashboardJson(one), null, 2)}\n`]);
}

function dashboardJson({ uid, title, variables, panels }: Dashboard): object {
  return {
    uid,
    title,
    tags: ['assay'],
    schemaVersion,
    version: 1,
    editable: false,
    graphTooltip: 1,
    refresh: '10s',
    time: { from: 'now-1h', to: 'now' },
    timezone: 'browser',
    annotations: { list: [] },
    links: [
      {
        title: 'Assay',
        type: 'dashboards',
        tags: ['assay'],
        asDropdown: true,
        icon: 'external link',
        includeVars: true,
        keepTime: true,
        targetBlank: false,
        tooltip: '',
        url: '',
      },
    ],
    templating: { list: Object.entries(variables).map(([name, label]) => variableJson(name, label)) },
    panels: panels.map((panel, index) => panelJson(panel, index)),
  };
}

function variableJson(name: string, label: string): object {
  if (label === 'text')
    return {
      name,
      type: 'textbox',
      label: name,
      query: '',
      current: { text: '', value: '' },
      options: [],
      hide: 0,
      skipUrlSync: false,
    };
  const query = `label_values(assay_observations_total, ${label})`;
  return {
    name,
    type: 'query',
    label: name,
    datasource: sources.prometheus,
    query: { query, refId: 'values' },
    refresh: 2,
    includeAll: true,
    allValue: '.*',
    multi: false,
    current: { text: 'All', value: '$__all' },
    options: [],
    regex: '',
    sort: 1,
    hide: 0,
    skipUrlSync: false,
  };
}

function panelJson(
  { title, source = 'prometheus', type = 'timeseries', unit = 'short', says, ask }: Panel,
  index: number,
): object {
  const datasource = sources[source];
  return {
    id: index + 1,
    type,
    title,
    ...(says === undefined ? {} : { description: says }),
    datasource,
    gridPos: { h: height, w: width, x: (index % columns) * width, y: Math.floor(index / columns) * height },
    fieldConfig: { defaults: { unit, custom: {} }, overrides: [] },
    options: type === 'stat' ? { reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false } } : {},
    targets: Object.entries(ask).map(([legend, text], number) => targetJson(source, legend, text, number)),
  };
}

function targetJson(source: keyof typeof sources, legend: string, text: string, number: number): object {
  const refId = String.fromCharCode(65 + number);
  const datasource = sources[source];
  if (source === 'tempo')
    return { refId, datasource, queryType: 'traceql', query: text, limit: 20, tableType: 'traces' };
  if (source === 'loki') return { refId, datasource, expr: text, queryType: 'range' };
  return { refId, datasource, expr: text, legendFormat: legend, exemplar: true, range: true };
}
