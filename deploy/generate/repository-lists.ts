/** Files outside of deploy/ that list every role: the compiler's projects, the command line's manifest, two pages. */
import { readFileSync } from 'node:fs';
import { flagsOf } from '@assay/protocol/observation/flag';
import { definitionOf, roles, serviceOf } from '@assay/protocol/observation/role';
import { arrowRows } from './arrows.ts';
import { padded } from './markdown-table.ts';
import { settingsPage } from './settings-page.ts';

const root = new URL('../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), 'utf8');
const services = roles.map(serviceOf);

/** Path and text of each such file, as the roles are now. What a removed role has left there stays. */
export function filesOfRepository(): [path: string, text: string][] {
  return [
    ['tsconfig.json', withProjects(read('tsconfig.json'))],
    ['packages/cli/package.json', withDependencies(read('packages/cli/package.json'))],
    ['docs/architecture.md', withTable('docs/architecture.md', ['from', 'to', 'port', 'for'], arrowRows())],
    ['docs/settings.md', settingsPage()],
    ['docs/checks.md', withTable('docs/checks.md', ['role', 'flag', 'bit', 'what is true'], flagRows())],
  ];
}

/** The compiler's projects with every validator. */
function withProjects(text: string): string {
  const project = JSON.parse(text) as { references: { path: string }[] };
  const isListed = (path: string) => project.references.some((one) => one.path === path);
  const missing = services.map((service) => `services/${service}`).filter((path) => !isListed(path));
  return json({ ...project, references: [...project.references, ...missing.map((path) => ({ path }))] });
}

/** The command line's manifest: it starts every validator of a local network. */
function withDependencies(text: string): string {
  const manifest = JSON.parse(text) as { version: string; dependencies: Record<string, string> };
  const missing = services.map((service) => `@assay/${service}`).filter((name) => !(name in manifest.dependencies));
  const added = Object.fromEntries(missing.map((name) => [name, manifest.version]));
  return json({ ...manifest, dependencies: { ...manifest.dependencies, ...added } });
}

/** The flags of every role. */
function flagRows(): string[][] {
  return roles.flatMap((role) =>
    flagsOf(role).map((name) => {
      const { bit, says, kind } = definitionOf(role).flags[name] ?? { bit: 0, says: '', kind: 'note' };
      return [role, `\`${name}\``, String(bit), kind === 'note' ? `${says} No policy votes by it.` : says];
    }),
  );
}

/** A page with the table that has these columns made anew. Throws if the page has lost the table's head. */
function withTable(path: string, columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const text = read(path);
  const table = new RegExp(`^\\|${columns.map((name) => ` ${name} +\\|`).join('')}\n(?:\\|.*\n)+`, 'm');
  if (!table.test(text)) throw new Error(`${path} has no table with the columns ${columns.join(', ')}.`);
  return text.replace(table, () => padded([columns, ...rows]));
}

function json(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
