/**
 * The connections between parts: the table in deploy/arrows.json, which network policies and docs/architecture.md must
 * match.
 */
import { readFileSync } from 'node:fs';
import { serviceOf } from '@assay/protocol/observation/role';
import { deployedRoles } from './deployed-roles.ts';

export type Kind = 'service' | 'server' | 'outside';
export type NamespaceKind = 'network' | 'operator';

export interface Part {
  readonly is: Kind;
  /** The namespaces that it runs in. */
  readonly namespace?: NamespaceKind | 'both';
  readonly through?: string;
}

/** One arrow: `from` opens connections to `to` at `port`. */
export interface Arrow {
  readonly from: string;
  readonly to: string;
  readonly port: number;
  /** The only kind of namespace that allows it; both if absent. */
  readonly in?: NamespaceKind;
  readonly why: string;
}

interface Table {
  readonly parts: Readonly<Record<string, Part>>;
  readonly arrows: readonly {
    readonly from: readonly string[];
    readonly to: string;
    readonly port: number;
    readonly in?: NamespaceKind;
    readonly why: string;
  }[];
}

const written = JSON.parse(readFileSync(new URL('../arrows.json', import.meta.url), 'utf8')) as Table;

/** A name of the table as parts: `validators` stands for the service of every deployed role. */
const partsOf = (name: string) => (name === 'validators' ? deployedRoles.map(serviceOf) : [name]);

const table: Table = {
  parts: Object.fromEntries(
    Object.entries(written.parts).flatMap(([name, part]) => partsOf(name).map((one) => [one, part])),
  ),
  arrows: written.arrows.flatMap(({ from, to, ...rest }) =>
    partsOf(to).map((one) => ({ from: from.flatMap(partsOf), to: one, ...rest })),
  ),
};

export const parts = table.parts;

/** Every arrow, one for each pair. */
export const arrows: readonly Arrow[] = table.arrows.flatMap(({ from, ...rest }) =>
  from.map((one) => ({ from: one, ...rest })),
);

/** The rows of the table in docs/architecture.md. */
export function arrowRows(): string[][] {
  return table.arrows.map(({ from, to, port, why }) => [from.join(', '), to, String(port), why]);
}

/** True if a part runs in namespaces of a kind. */
export function livesIn(name: string, kind: NamespaceKind): boolean {
  const { namespace } = parts[name] ?? {};
  return namespace === kind || namespace === 'both';
}
