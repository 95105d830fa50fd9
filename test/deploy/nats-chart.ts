/** What the values in deploy/kubernetes/helm become: merged as Helm merges them, and as the server's configuration. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { root } from './kustomize.ts';

type Values = Readonly<Record<string, unknown>>;

/** The values of several files; a later file wins, maps are merged, and null removes. */
// biome-ignore lint/suspicious/noExplicitAny: the chart's values, which have no schema here.
export function valuesOf(...names: readonly string[]): any {
  return names
    .map((name) => parse(readFileSync(join(root, 'deploy/kubernetes/helm', name), 'utf8')) as Values)
    .reduce((merged, values) => merge(merged, values), {});
}

function merge(below: Values, above: Values): Values {
  const merged = Object.entries(above).map(([key, value]) => {
    const under = below[key];
    return [key, isMap(value) && isMap(under) ? merge(under, value) : value] as const;
  });
  return { ...below, ...Object.fromEntries(merged) };
}

const isMap = (value: unknown): value is Values => typeof value === 'object' && value !== null && !Array.isArray(value);

/** A value in the server's configuration language: the chart quotes text, except what is marked as `<< text >>`. */
export function asConfiguration(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(asConfiguration).join(', ')}]`;
  if (isMap(value))
    return `{${Object.entries(value)
      .map(([key, one]) => `${JSON.stringify(key)}: ${asConfiguration(one)}`)
      .join('\n')}}`;
  const [, plain] = typeof value === 'string' ? (/^<< (.*) >>$/.exec(value) ?? []) : [];
  return plain ?? JSON.stringify(value);
}
