/**
 * The code of docs/adding-a-role.md. A fenced block whose opening line names a file is a step: `ts path` and `json path`
 * make a new file, `diff path` changes one. Other blocks are not steps.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What the steps of one section of the page make: a role, or a flag of it. */
export type Subject = 'role' | 'flag';

/** One file that somebody who follows the page makes or changes by hand. */
export interface Step {
  readonly subject: Subject;
  readonly kind: 'new file' | 'change';
  /** Path from the root. */
  readonly path: string;
  readonly text: string;
}

/** The headings of the page whose blocks are steps. */
const subjects: Readonly<Record<string, Subject>> = { 'Add the role': 'role', 'Add a flag': 'flag' };

/** The steps of the page, in order. Throws if a section has none. */
export function stepsOf(page: string): Step[] {
  const sections = page.split(/^## /m).map((section) => [section.split('\n', 1)[0]?.trim() ?? '', section] as const);
  return Object.entries(subjects).flatMap(([heading, subject]) => {
    const text = sections.find(([title]) => title === heading)?.[1] ?? '';
    const steps = [...text.matchAll(/^```(ts|json|diff) (\S+)\n([\s\S]*?)^```$/gm)].map(
      ([, form = '', path = '', body = '']): Step => ({
        subject,
        kind: form === 'diff' ? 'change' : 'new file',
        path,
        text: body,
      }),
    );
    if (steps.length === 0) throw new Error(`The page has no section "${heading}" with steps.`);
    return steps;
  });
}

/** Carries out a step in a copy of the repository. Throws if a file is there already, or a change does not fit. */
export function applyStep(root: string, { kind, path, text }: Step): void {
  const file = join(root, path);
  if (kind === 'new file') {
    if (existsSync(file)) throw new Error(`${path} is there already.`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return;
  }
  writeFileSync(
    file,
    text
      .split(/^@@.*\n/m)
      .filter(Boolean)
      .reduce((whole, hunk) => changed(whole, hunk, path), readFileSync(file, 'utf8')),
  );
}

/** A text after one hunk of a diff. The lines that the hunk begins from must be in the text exactly once. */
function changed(text: string, hunk: string, path: string): string {
  const lines = hunk.trimEnd().split('\n');
  const side = (mark: '-' | '+') =>
    lines
      .filter((line) => !line.startsWith(mark))
      .map((line) => `${line.slice(1)}\n`)
      .join('');
  const before = side('+');
  const count = text.split(before).length - 1;
  if (count !== 1) throw new Error(`${path} has these lines ${count} times, not once:\n${before}`);
  return text.replace(before, () => side('-'));
}
