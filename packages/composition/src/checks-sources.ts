/** The sources that decide what a check measures, and their digest. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import type { Hex } from '@assay/protocol/encoding/bytes';

/** Where measuring starts, from the repository's root: a role's check, and how a model's vectors or scores come about. */
const entries = [
  'packages/checks/src/roles',
  'packages/adapters/src/model',
  'packages/adapters/src/language-model',
  'packages/runtime/src/check/text-vectors.ts',
  'packages/runtime/src/check/scored-check.ts',
  'packages/runtime/src/check/judged-check.ts',
];

const isTest = (path: string) => /\.(?:test|fixture)\.ts$/.test(path);

/** Packages whose code measures too, and where their versions are stated. */
const libraries = [
  { manifest: 'packages/checks/package.json', names: /^(?!@assay\/)/ },
  { manifest: 'packages/adapters/package.json', names: /^@huggingface\/|^onnxruntime-/ },
];

/** The source files that count, from the repository's root, ascending: those entries, and all that they import of checks. */
export function checkSources(root: URL): string[] {
  const found = new Set<string>();
  const waiting = entries.flatMap((entry) => (entry.endsWith('.ts') ? [entry] : sourcesIn(root, entry)));
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (found.has(file)) continue;
    found.add(file);
    const imports = readFileSync(new URL(file, root), 'utf8').matchAll(/\bfrom '(\.[^']+)'/g);
    const paths = [...imports].map(([, path = '']) => posix.join(posix.dirname(file), path));
    waiting.push(...paths.filter((path) => path.startsWith('packages/checks/')));
  }
  return [...found].sort();
}

function sourcesIn(root: URL, folder: string): string[] {
  const names = readdirSync(new URL(folder, root)).filter((name) => name.endsWith('.ts') && !isTest(name));
  return names.map((name) => `${folder}/${name}`);
}

/** SHA-256 over the sources that count and the versions of the libraries. The same on each machine. */
export function digestOfChecks(root: URL): Hex {
  const digest = createHash('sha256').update('assay checks v1');
  const add = (part: string) => digest.update(`\n${Buffer.byteLength(part)}\n`).update(part);
  const textOf = (path: string) => readFileSync(new URL(path, root), 'utf8');
  for (const path of checkSources(root)) {
    add(path);
    add(textOf(path).replaceAll('\r\n', '\n'));
  }
  for (const { manifest, names } of libraries) {
    const { dependencies } = JSON.parse(textOf(manifest)) as { readonly dependencies: Record<string, string> };
    for (const name of Object.keys(dependencies)
      .filter((one) => names.test(one))
      .sort())
      add(`${name} ${dependencies[name]}`);
  }
  return `0x${digest.digest('hex')}`;
}

/** The module `checks-digest` of a build, which has no sources beside it. */
export function builtChecksDigest(root: URL): string {
  return `/** Digest of the checks' sources, written by the build. */\nexport const checksDigest = '${digestOfChecks(root)}';\n`;
}
