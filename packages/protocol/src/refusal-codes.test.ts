import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { refusalCodes } from './refusal-codes.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const sources = globSync(['packages/*/src/**/*.ts', 'services/*/src/**/*.ts'], { cwd: root })
  .filter((path) => !/\.(test|fixture)\.ts$/.test(path) && !path.includes('/memory/'))
  .map((path) => ({ path, text: readFileSync(`${root}${path}`, 'utf8') }));

/** Where a refusal is made: `refused('code', …)`, `refuse(reply, 404, 'code', …)`, `{ code: 'code', detail … }`. */
const made =
  /\b(?:refused|rejected|reject|refuse|SealedStreamError)\(\s*(?:reply,\s*\d+,\s*)?'([\w-]+)'|\bcode: '([\w-]+)',\s*detail/g;

/** The codes in use, with the files that use them. */
const used = new Map<string, string[]>();
for (const { path, text } of sources)
  for (const match of text.matchAll(made)) {
    const code = match[1] ?? match[2] ?? '';
    used.set(code, [...(used.get(code) ?? []), path]);
  }

describe('the codes of refusals', () => {
  it('are all in the list', () => {
    expect(used.size).toBeGreaterThan(80);
    expect([...used].filter(([code]) => !(code in refusalCodes))).toEqual([]);
  });

  it('are all in use', () => {
    expect(Object.keys(refusalCodes).filter((code) => !used.has(code))).toEqual([]);
  });

  it('have one meaning each, which no other code has', () => {
    const meanings = Object.values(refusalCodes).map((meaning) => meaning.toLowerCase());
    expect(meanings.filter((meaning, index) => meanings.indexOf(meaning) !== index)).toEqual([]);
  });

  it('are on the page for operators, with their meanings', () => {
    const page = readFileSync(`${root}docs/refusals.md`, 'utf8');
    const listed = [...page.matchAll(/^\| `([\w-]+)`\s*\| (.*?)\s*\|$/gm)].map(([, code, meaning]) => [code, meaning]);
    expect(listed).toEqual(Object.entries(refusalCodes));
  });

  it('are made in one place: no other file has a list or type of them', () => {
    const lists = sources.filter(({ path, text }) => {
      if (path.endsWith('/refusal-codes.ts')) return false;
      const spelled = [...text.matchAll(/^\s*\| '([\w-]+)';?$/gm)].filter(([, code = '']) => code in refusalCodes);
      return spelled.length > 2;
    });
    expect(lists.map(({ path }) => path)).toEqual([]);
  });
});
