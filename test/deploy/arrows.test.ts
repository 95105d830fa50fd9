/**
 * The network policies allow exactly the connections of the architecture page. Both are read from the deployed and
 * written files.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Arrow, arrowRows, arrows, parts } from '../../deploy/generate/arrows.ts';
import { peerOf } from '../../deploy/generate/network-policies.ts';
import { build, type Manifest, root } from './kustomize.ts';

const nameOfPeer = new Map(Object.keys(parts).map((name) => [JSON.stringify(peerOf(name)), name] as const));
/** The name of a part, or of another one that policies cannot tell apart from it. */
const peerNameOf = (name: string) => nameOfPeer.get(JSON.stringify(peerOf(name))) ?? name;
const key = (from: string, to: string, port: number) => `${from} → ${to}:${port}`;

const keyOf = ({ from, to, port }: Arrow) => key(peerNameOf(from), peerNameOf(to), port);

/** The connections that one direction of all policies of a namespace allows. */
function opened(policies: readonly Manifest[], direction: 'ingress' | 'egress'): string[] {
  return policies.flatMap(({ spec }) =>
    (spec[direction] ?? []).flatMap((rule: Manifest) =>
      (direction === 'ingress' ? rule.from : rule.to).flatMap((peer: object) =>
        rule.ports.map(({ port }: { port: number }) => {
          const own = spec.podSelector.matchLabels['app.kubernetes.io/name'];
          const other = nameOfPeer.get(JSON.stringify(ordered(peer))) ?? JSON.stringify(peer);
          return direction === 'ingress' ? key(other, own, port) : key(own, other, port);
        }),
      ),
    ),
  );
}

/** kubectl sorts keys; the table does not. */
function ordered(peer: object): object {
  const match = [...nameOfPeer.keys()].map((text) => JSON.parse(text) as object).find((one) => same(one, peer));
  return match ?? peer;
}

const sorted = (value: unknown): unknown =>
  value !== null && typeof value === 'object' && !Array.isArray(value)
    ? Object.fromEntries(
        Object.entries(value)
          .sort(([a], [b]) => a.localeCompare(b))
          .map(([name, one]) => [name, sorted(one)]),
      )
    : value;
const same = (a: object, b: object) => JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
const once = (list: readonly string[]) => [...new Set(list)].sort();

describe('network policies', () => {
  const built = build('several-operators').filter(({ kind }) => kind === 'NetworkPolicy');
  const of = (namespace: string) => built.filter(({ metadata }) => metadata.namespace === namespace);

  it.each(['assay', 'assay-operator-a', 'assay-operator-b'])('deny everything in %s by default', (namespace) => {
    const closed = of(namespace).find(({ metadata }) => metadata.name === 'everything-closed');
    expect(closed?.spec).toEqual({ podSelector: {}, policyTypes: ['Ingress', 'Egress'], ingress: [], egress: [] });
  });

  it('allow exactly the connections of the table, at both ends', () => {
    const lives = (name: string) => parts[name]?.is !== 'outside';
    const all = [...of('assay'), ...of('assay-operator-a')].filter(
      ({ metadata }) => metadata.name !== 'everything-closed',
    );
    expect(once(opened(all, 'ingress'))).toEqual(once(arrows.filter(({ to }) => lives(to)).map(keyOf)));
    expect(once(opened(all, 'egress'))).toEqual(once(arrows.filter(({ from }) => lives(from)).map(keyOf)));
  });

  it('are the same for every operator', () => {
    const specs = (namespace: string) => of(namespace).map(({ spec }) => spec);
    expect(specs('assay-operator-a')).toEqual(specs('assay-operator-b'));
  });

  it('of the local overlay allow in addition only its own chain', () => {
    const local = build('local').filter(
      ({ kind, metadata }) => kind === 'NetworkPolicy' && metadata.labels?.['assay.dev/arrow'] !== 'local-chain',
    );
    const known = new Set(arrows.map(keyOf));
    const policies = local.filter(({ spec }) => Object.keys(spec.podSelector).length > 0);
    expect(
      once([...opened(policies, 'ingress'), ...opened(policies, 'egress')]).filter((one) => !known.has(one)),
    ).toEqual([]);
  });
});

describe('docs/architecture.md', () => {
  it('has the same table of connections', () => {
    const text = readFileSync(join(root, 'docs/architecture.md'), 'utf8');
    const section = /\n## Who talks to whom\n([\s\S]*?)(?=\n## |$)/.exec(text)?.[1] ?? '';
    const cells = (line: string) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim());
    const rows = section
      .split('\n')
      .filter((line) => /^\| (?!from\b|-)/.test(line))
      .map(cells);
    expect(rows).toEqual(arrowRows());
  });
});
