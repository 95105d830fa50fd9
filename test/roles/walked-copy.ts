/** A copy of the repository in which somebody has followed docs/adding-a-role.md to its end. */
import { execFileSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { copyRepository, type RepositoryCopy, root } from './repository-copy.ts';
import { applyStep, type Step, type Subject, stepsOf } from './walk-through.ts';

/** Node's arguments before a program of the repository: `@assay/*` is the sources. */
export const fromSources = ['--conditions=assay-source', '--disable-warning=ExperimentalWarning'];

/** The copy, what was done to it by hand, and what `npm run manifests` then wrote. */
export interface WalkedCopy extends RepositoryCopy {
  readonly steps: readonly Step[];
  /** Paths of the files that were generated or generated anew, sorted. */
  readonly generated: readonly string[];
}

/** The page as it is. */
export function readPage(): string {
  return readFileSync(join(root, 'docs/adding-a-role.md'), 'utf8');
}

/** Makes the copy and follows the page. Throws with the file's name if a step does not fit the repository. */
export function followPage(): WalkedCopy {
  const copy = copyRepository();
  try {
    const steps = stepsOf(readPage());
    for (const step of steps) applyStep(copy.root, step);
    copy.link();
    generate(copy.root);
    const byHand = new Set(steps.map(({ path }) => path));
    return { ...copy, steps, generated: changedFiles(copy.root).filter((path) => !byHand.has(path)) };
  } catch (error) {
    copy.remove();
    throw error;
  }
}

/** What `npm run manifests` runs. */
export function generate(copy: string): void {
  execFileSync(process.execPath, [...fromSources, 'deploy/generate/main.ts'], { cwd: copy, stdio: 'pipe' });
}

/** Paths of the files of a copy that the repository does not have, or has otherwise. */
export function changedFiles(copy: string, from = root): string[] {
  const places = ['*.json', '.github/**/*', 'deploy/**/*', 'docs/**/*', 'packages/*/package.json'];
  return globSync(places, { cwd: copy, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(copy.length + 1))
    .filter((path) => textOf(join(from, path)) !== textOf(join(copy, path)))
    .sort();
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** Files that are changed or made by hand for a role or a flag, each once; not those of the role's own check and service. */
export function touchedBy(steps: readonly Step[], subject: Subject): string[] {
  const isOwn = (path: string) => /^services\/|^packages\/checks\/src\/(?!roles\/)/.test(path);
  const paths = steps.filter((step) => step.subject === subject).map(({ path }) => path);
  return [...new Set(paths)].filter((path) => subject === 'flag' || !isOwn(path));
}

/** The count as lines, as the page has them. */
export function countOf({ steps, generated }: WalkedCopy): string {
  const role = touchedBy(steps, 'role');
  const flag = touchedBy(steps, 'flag');
  const listed = (paths: readonly string[]) => paths.map((path) => `  ${path}`);
  return [
    `A role: ${role.length} files besides its own check and service`,
    ...listed(role),
    `A flag: ${flag.length} files`,
    ...listed(flag),
    `Generated: ${generated.length} files (npm run manifests)`,
  ].join('\n');
}
