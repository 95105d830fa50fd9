/** What a program imports, directly and by what it imports: the workspaces' sources, and packages of others. */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from './kustomize.ts';

const statement = /^(?:import|export)\s+(?!type\s)(?:[^'"`;]*?\sfrom\s+)?'([^']+)'/gm;
const call = /\bimport\(\s*'([^']+)'/g;

/** Folders of the workspaces by package name. */
const workspaces = new Map<string, string>(
  globSync('{packages,services}/*', { cwd: root }).map((folder) => [`@assay/${folder.split('/')[1]}`, folder] as const),
);

export interface Imports {
  /** Source files below the repository's root. */
  readonly files: ReadonlySet<string>;
  /** Names of packages that are no workspaces. */
  readonly packages: ReadonlySet<string>;
}

/**
 * Follows the imports of some source files, but not of those in `without`; those that a call makes later too, unless only
 * a start is looked at.
 */
export function importsOf(
  entries: readonly string[],
  { onlyAtStart = false, without = [] as readonly string[] } = {},
): Imports {
  const files = new Set<string>();
  const packages = new Set<string>();
  const waiting = [...entries];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (files.has(file) || without.includes(file)) continue;
    files.add(file);
    const text = readFileSync(join(root, file), 'utf8');
    const patterns = onlyAtStart ? [statement] : [statement, call];
    for (const name of patterns.flatMap((pattern) => [...text.matchAll(pattern)].map(([, one]) => one ?? ''))) {
      const source = sourceOf(name, file);
      if (source !== undefined) waiting.push(source);
      else if (!name.startsWith('node:')) packages.add(packageOf(name));
    }
  }
  return { files, packages };
}

function sourceOf(name: string, importer: string): string | undefined {
  if (name.startsWith('.')) return join(dirname(importer), name);
  const workspace = workspaces.get(packageOf(name));
  return workspace && join(workspace, 'src', `${name.split('/').slice(2).join('/')}.ts`);
}

const packageOf = (name: string) =>
  name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/');
