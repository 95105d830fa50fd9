/** Finds the services that load a source file, by following imports from the entries of each service. */
import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

/** The files that a file loads: imports and re-exports except types, and entries of threads. */
const loads =
  /^(?:import|export)\s+(?!type\b)[^;'"]*?from\s+'([^']+)'|^import\s+'([^']+)'|\bimport\('([^']+)'\)|\bentryBeside\(import\.meta\.url, '([^']+)'\)/gm;

/** Reads a file by its path from the root; undefined if there is none. */
export type ReadSource = (path: string) => string | undefined;

/** Reads from a folder on disk. */
export function sourcesIn(root: string): ReadSource {
  return (path) => {
    try {
      return readFileSync(join(root, path), 'utf8');
    } catch {
      return undefined;
    }
  };
}

/** The source file (path from the root) that a specifier resolves to; undefined if it is not in the repository. */
function sourceOf(name: string, from: string): string | undefined {
  if (name.startsWith('.')) return normalize(join(dirname(from), name));
  const [, house, file] = /^@assay\/([^/]+)\/(.+)$/.exec(name) ?? [];
  return house === undefined ? undefined : `packages/${house}/src/${file}.ts`;
}

/** Every file, by its path from the root, that the entry loads directly or indirectly, including the entry. */
export function filesLoadedBy(entry: string, read: ReadSource): ReadonlySet<string> {
  const found = new Set<string>();
  const waiting = [entry];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (found.has(path)) continue;
    const text = read(path);
    if (text === undefined) continue;
    found.add(path);
    for (const [, from, bare, dynamic, thread] of text.matchAll(loads)) {
      const name = from ?? bare ?? dynamic ?? `./${thread}.ts`;
      const file = sourceOf(name, path);
      if (file !== undefined) waiting.push(file);
    }
  }
  return found;
}

/** The services of `services` (folders of `services/`) that load any of the changed files, each with the first such file. */
export function servicesLoading(
  changed: readonly string[],
  services: readonly string[],
  read: ReadSource,
): ReadonlyMap<string, string> {
  const hits = services.flatMap((service) => {
    const files = filesLoadedBy(`services/${service}/src/main.ts`, read);
    const hit = changed.find((path) => files.has(path));
    return hit === undefined ? [] : [[service, hit] as const];
  });
  return new Map(hits);
}
