/** Lays out one package for publishing: built files and types, without tests, fixtures and leftovers of old builds. */
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { type Manifest, type Publication, publishedManifest } from './published-manifest.ts';

/** A package of the repository. */
export interface Package {
  readonly manifest: Manifest;
  /** Path from the root, such as `packages/sdk`. */
  readonly folder: string;
}

/**
 * The files that `assay` ships besides its code, by path from the root; `packages/cli/src/network/installation.ts`
 * finds them.
 */
export const sharedFiles = [
  'deploy/policies.json',
  'deploy/fit-recipe.jsonl',
  'deploy/archive',
  'test/fixtures/tasks.jsonl',
  'models/universal-sentence-encoder-lite',
] as const;

const isTest = (path: string) => /\.(test|fixture|property)\./.test(path);

/**
 * Writes the package into `target`, which must not exist. Throws if it was not built, or if the model for the command
 * was not exported.
 */
export function stagePackage(root: string, { manifest, folder }: Package, target: string, publication: Publication) {
  const home = join(root, folder);
  mkdirSync(target, { recursive: true });
  for (const name of manifest.files ?? []) {
    if (name === 'share') stageShared(root, join(target, name));
    else if (name.split('/')[0] === 'dist') stageBuilt(home, name, target);
    else cpSync(join(home, name), join(target, name), { recursive: true });
  }
  const published = publishedManifest(manifest, folder, publication);
  writeFileSync(join(target, 'package.json'), `${JSON.stringify(published, null, 2)}\n`);
  writeFileSync(join(target, 'README.md'), readmeOf(home, published));
  cpSync(join(root, 'LICENSE'), join(target, 'LICENSE'));
}

/** Only files that still have a source: the compiler leaves the output of moved or deleted files. */
function stageBuilt(home: string, name: string, target: string): void {
  const isModule = (path: string) => !isTest(path) && !path.endsWith('.d.ts');
  const sources = globSync('**/*.ts', { cwd: join(home, 'src') }).filter(isModule);
  const from = relative('dist', name);
  for (const source of sources.filter((path) => from === '' || path.startsWith(`${from}${sep}`))) {
    const stem = join('dist', source.replace(/\.ts$/, ''));
    if (!existsSync(join(home, `${stem}.js`)))
      throw new Error(`${join(home, stem)}.js is missing: build first (npm run build).`);
    mkdirSync(dirname(join(target, stem)), { recursive: true });
    cpSync(join(home, `${stem}.js`), join(target, `${stem}.js`));
    writeFileSync(join(target, `${stem}.js.map`), withSources(join(home, `${stem}.js.map`)));
    writeFileSync(join(target, `${stem}.d.ts`), portableTypes(readFileSync(join(home, `${stem}.d.ts`), 'utf8')));
  }
}

/** A source map that contains its sources, because they are not published. */
function withSources(file: string): string {
  const map = JSON.parse(readFileSync(file, 'utf8')) as { sources: readonly string[] };
  const sourcesContent = map.sources.map((source) => readFileSync(join(dirname(file), source), 'utf8'));
  return JSON.stringify({ ...map, sourcesContent });
}

/** Types that name `./x.js`, not `./x.ts`, without a map to missing sources. */
function portableTypes(text: string): string {
  return text
    .replace(/((?:from|import)\s*\(?\s*['"]\.{1,2}\/[^'"]+)\.ts(['"])/g, '$1.js$2')
    .replace(/^\/\/# sourceMappingURL=.*$\n?/m, '');
}

function stageShared(root: string, target: string): void {
  for (const path of sharedFiles) {
    if (!existsSync(join(root, path))) throw new Error(`${path} is missing: run npm run setup, which makes it.`);
    cpSync(join(root, path), join(target, path), { recursive: true });
  }
}

/** The package's own README, or one that names the project. */
function readmeOf(home: string, { name, description }: { readonly name: string; readonly description: string }) {
  const own = join(home, 'README.md');
  if (existsSync(own)) return readFileSync(own, 'utf8');
  return `# ${name}\n\n${description}\n\nA part of Assay. Programs import \`@assay/sdk\`; \`@assay/cli\` has the \`assay\` command.\n`;
}
