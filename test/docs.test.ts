/** The Markdown pages: line lengths, links, paths and commands. A page that names something that is gone fails here. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../', import.meta.url));
const lineLengthMax = 120;

interface Line {
  readonly number: number;
  readonly text: string;
  /** The line is between code fences. */
  readonly isCode: boolean;
}

interface Page {
  /** Path from the root. */
  readonly path: string;
  readonly lines: readonly Line[];
}

const skippedFolders = ['node_modules', '.tools', '.assay', '.turbo', '.changeset', 'dist'];

/** Every page but changelogs, which changesets generates. */
const pages: readonly Page[] = globSync(['**/*.md', '.github/**/*.md'], {
  cwd: root,
  exclude: (path) => skippedFolders.includes(basename(path)),
})
  .filter((path) => basename(path) !== 'CHANGELOG.md')
  .map((path) => ({ path, lines: linesOf(readFileSync(join(root, path), 'utf8')) }));

function linesOf(text: string): Line[] {
  let isCode = false;
  return text.split('\n').map((line, index) => {
    const isFence = /^\s*```/.test(line);
    if (isFence) isCode = !isCode;
    return { number: index + 1, text: line, isCode: isCode || isFence };
  });
}

/** Lines `page:line: what is wrong`, so that a failure names every place at once. */
function found(wrong: (line: Line, page: Page) => readonly string[]): string[] {
  return pages.flatMap((page) =>
    page.lines.flatMap((line) => wrong(line, page).map((what) => `${page.path}:${line.number}: ${what}`)),
  );
}

/** The anchor that GitHub gives a heading. */
const anchorOf = (heading: string) =>
  heading
    .replace(/^#+\s+/, '')
    .replaceAll(/\]\([^)]*\)/g, '')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(/\s/g, '-');

const anchorsIn = (path: string) =>
  new Set(
    linesOf(readFileSync(join(root, path), 'utf8'))
      .filter(({ text, isCode }) => !isCode && text.startsWith('#'))
      .map(({ text }) => anchorOf(text)),
  );

describe('every page', () => {
  it('is found', () => {
    const paths = pages.map(({ path }) => path);
    expect(paths).toEqual(
      expect.arrayContaining(['README.md', 'docs/architecture.md', 'docs/runbooks/AssayPostsFail.md']),
    );
    expect(paths.filter((path) => path.includes('node_modules'))).toEqual([]);
  });

  it(`has lines of at most ${lineLengthMax} characters outside tables, code and link targets`, () => {
    const wrong = found(({ text, isCode }) => {
      const read = text.replaceAll(/\]\([^)]*\)/g, ']');
      return isCode || /^\s*\|/.test(text) || read.length <= lineLengthMax ? [] : [`${read.length} characters`];
    });
    expect(wrong).toEqual([]);
  });
});

describe('links', () => {
  it('lead to a file and a heading that exist', () => {
    const wrong = found(({ text, isCode }, page) => {
      if (isCode) return [];
      const targets = [...text.matchAll(/\]\(([^)\s]+)\)|\b(?:src|href)="([^"]+)"/g)].map((at) => at[1] ?? at[2] ?? '');
      return targets.filter((target) => !/^(https?|mailto):/.test(target) && !leadsSomewhere(target, page.path));
    });
    expect(wrong).toEqual([]);
  });

  function leadsSomewhere(target: string, from: string): boolean {
    const [file = '', anchor] = target.split('#');
    const path = file === '' ? from : normalize(join(dirname(from), file));
    if (path.startsWith('..') || !existsSync(join(root, path))) return false;
    return anchor === undefined || (path.endsWith('.md') && anchorsIn(path).has(anchor));
  }
});

describe('paths', () => {
  /** Folders of the root: a path that begins with one of them is meant from the root. */
  const folders = ['packages', 'services', 'deploy', 'docs', 'examples', 'optional', 'setup', 'test', '.github'];
  const pathInText = new RegExp(
    `(?<![\\w./@-])(?:${folders.map((name) => name.replace('.', '\\.')).join('|')})/[\\w./*{},-]*`,
    'g',
  );
  const sourceNames = new Set(
    globSync(['{packages,services,setup,test,deploy,optional,examples}/**/*.{ts,mjs,sol}'], {
      cwd: root,
      exclude: (path) => skippedFolders.includes(basename(path)),
    }).map((path) => basename(path)),
  );

  it('from the root exist', () => {
    const wrong = found(({ text }, page) =>
      (text.match(pathInText) ?? [])
        .map((path) => path.replace(/[.,]+$/, ''))
        .filter((path) => globSync(path, { cwd: root }).length === 0 && !isMadeBy(page, path)),
    );
    expect(wrong).toEqual([]);
  });

  /** True for a file that a page's code blocks make (docs/adding-a-role.md), and for its folders. */
  function isMadeBy({ lines }: Page, path: string): boolean {
    const made = lines.flatMap(({ text }) => /^```(?:ts|json) (\S+\/\S+)$/.exec(text)?.[1] ?? []);
    return made.some((one) => one === path || one.startsWith(`${path.replace(/\/$/, '')}/`));
  }

  it('to source files that are named without a folder exist', () => {
    const wrong = found(({ text, isCode }) =>
      isCode
        ? []
        : [...text.matchAll(/`([\w.-]+\.(?:ts|mjs|sol))`/g)]
            .map((match) => match[1] ?? '')
            .filter((name) => !sourceNames.has(name)),
    );
    expect(wrong).toEqual([]);
  });
});

describe('commands', () => {
  const scripts = new Set(Object.keys(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).scripts));
  const sourceOf = (name: string) =>
    globSync(`packages/${name}/src/**/*.ts`, { cwd: root })
      .filter((path) => !path.endsWith('.test.ts'))
      .map((path) => readFileSync(join(root, path), 'utf8'))
      .join('\n');
  const declaredIn = (text: string) => new Set([...text.matchAll(/\.command\(\s*'([\w-]+)/g)].map((at) => at[1] ?? ''));
  const commandLine = sourceOf('cli');
  const bench = sourceOf('bench');
  const commands = declaredIn(commandLine);
  const benches = declaredIn(bench);
  const flags = new Set(
    [...`${commandLine}\n${bench}`.matchAll(/option\(\s*['`](?:-\w, )?(--[\w-]+)/gi)].map((match) => match[1] ?? ''),
  );
  flags.add('--help');

  /** The arguments of `assay` in code: lines of fenced blocks, and inline code. */
  const calls = ({ text, isCode }: Line): string[][] => {
    const code = isCode ? [text] : [...text.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '');
    return code
      .map((one) => /^\s*(?:[A-Z_]+=\S+ )*(?:npm run assay --|npx assay|assay) (.*)$/.exec(one)?.[1])
      .filter((one) => one !== undefined)
      .map((one) => one.replace(/\s#.*$/, '').split(/\s+/));
  };

  it('of npm are scripts of package.json', () => {
    const wrong = found(({ text }, { path }) =>
      path.startsWith('optional/')
        ? []
        : [...text.matchAll(/npm run ([\w:-]+)/g)].map((match) => match[1] ?? '').filter((name) => !scripts.has(name)),
    );
    expect(wrong).toEqual([]);
  });

  it('of assay are declared by the command line', () => {
    expect(commands.size).toBeGreaterThan(8);
    expect(benches.size).toBeGreaterThan(6);
    const wrong = found((line) =>
      calls(line)
        .filter(([first = '']) => /^[a-z]/.test(first))
        .filter(([first = '', second = '']) =>
          first === 'bench' && /^[a-z]/.test(second) ? !benches.has(second) : !commands.has(first),
        )
        .map((words) => words.join(' ')),
    );
    expect(wrong).toEqual([]);
  });

  it('of assay have only options that the command line declares', () => {
    const wrong = found((line) =>
      calls(line)
        .flatMap((words) => words.filter((word) => word.startsWith('--')))
        .map((word) => word.replace(/[=,.:;)].*$/, ''))
        .filter((word) => !flags.has(word)),
    );
    expect(wrong).toEqual([]);
  });
});

it('the README links every page of docs', () => {
  const readme = pages.find(({ path }) => path === 'README.md');
  expect(readme).toBeDefined();
  const linked = new Set(
    (readme?.lines ?? []).flatMap(({ text }) => [...text.matchAll(/\]\((docs\/[\w-]+\.md)/g)].map((match) => match[1])),
  );
  const onDisk = globSync('docs/*.md', { cwd: root }).map((path) => relative('', path));
  expect(onDisk.filter((path) => !linked.has(path))).toEqual([]);
});

describe('docs/install.md', () => {
  const page = readFileSync(join(root, 'docs/install.md'), 'utf8');
  const manifests = globSync(['deploy/**/*.yaml', 'deploy/Dockerfile'], { cwd: root }).map((path) =>
    readFileSync(join(root, path), 'utf8'),
  );

  it('names the versions that are deployed', () => {
    const named = /(?:image: |NODE_IMAGE=)(?!assay\/)\S*?([\w-]+):v?(\d+\.\d+\.\d+)/g;
    const images = manifests.flatMap((text) => [...text.matchAll(named)]);
    expect(images.map(([, name]) => name)).toEqual(
      expect.arrayContaining(['node', 'nats', 'redis', 'foundry', 'tempo']),
    );
    const unnamed = images.filter(([, , version = '']) => !page.includes(version)).map(([all]) => all);
    expect(unnamed).toEqual([]);
  });

  it('names the APIs of Kubernetes that the manifests need', () => {
    const apis = manifests.flatMap((text) =>
      [...text.matchAll(/^apiVersion: (\S+\/\S+)$/gm)].map(([, api = '']) => api),
    );
    const isOwn = (api: string) => api.startsWith('kustomize.config.k8s.io/');
    expect(apis).toContain('keda.sh/v1alpha1');
    expect([...new Set(apis)].filter((api) => !isOwn(api) && !page.includes(`\`${api}\``))).toEqual([]);
  });
});
