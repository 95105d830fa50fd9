/** docs/adding-a-role.md: its code is put into a copy of the repository, compiled, and run as a fourth role. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JudgedInCopy } from './judge-in-copy.ts';
import type { VoteInCopy } from './vote-in-copy.ts';
import { applyStep } from './walk-through.ts';
import {
  changedFiles,
  countOf,
  followPage,
  fromSources,
  generate,
  readPage,
  touchedBy,
  type WalkedCopy,
} from './walked-copy.ts';

/** The nightly run also compiles every package and test, starts a network, and runs the repository's tests in the copy. */
const isWhole = process.env.TEST_SCOPE === 'whole';
const page = readPage();

let walked: WalkedCopy;

beforeAll(() => {
  walked = followPage();
});

afterAll(() => walked?.remove());

const runInCopy = (args: readonly string[]): Promise<string> => walked.run(args);
const compiler = () => join(walked.root, 'node_modules/typescript/bin/tsc');

describe('the page', () => {
  it('touches at most eight files for a role and three for a flag, and states the count', () => {
    expect(touchedBy(walked.steps, 'role').length).toBeLessThanOrEqual(8);
    expect(touchedBy(walked.steps, 'flag').length).toBeLessThanOrEqual(3);
    expect(page).toContain(`\`\`\`text\n${countOf(walked)}\n\`\`\``);
  });

  it('names each file that is there already by a change that fits once', () => {
    const again = walked.steps.find(({ kind }) => kind === 'change');
    if (again === undefined) throw new Error('The page changes no file.');
    expect(() => applyStep(walked.root, again)).toThrow(`${again.path} has these lines 0 times`);
    const made = walked.steps.find(({ kind }) => kind === 'new file');
    if (made === undefined) throw new Error('The page makes no file.');
    expect(() => applyStep(walked.root, made)).toThrow('is there already');
  });

  it('spells a flag once for the protocol: elsewhere only the check and the policy name it', () => {
    const flag = /^\+ +'([a-z-]+)': finding/m.exec(
      walked.steps.find(({ subject }) => subject === 'flag')?.text ?? '',
    )?.[1];
    expect(flag).toBeDefined();
    const naming = walked.steps.filter(({ text }) => text.includes(`'${flag}'`) || text.includes(`"${flag}"`));
    expect(naming.map(({ path }) => path)).toEqual(touchedBy(walked.steps, 'flag'));
  });
});

describe('the copy with the role', () => {
  it('has manifests, permissions and lists of it, which a second run leaves as they are', () => {
    const service = 'brevity-checker';
    const naming = walked.generated.filter((path) => readFileSync(join(walked.root, path), 'utf8').includes('brevity'));
    expect(naming).toEqual(
      expect.arrayContaining([
        '.github/workflows/release.yaml',
        'deploy/compose/stack.yaml',
        `deploy/kubernetes/base/operator/${service}.yaml`,
        `deploy/kubernetes/components/keda/${service}.yaml`,
        'deploy/kubernetes/base/operator/network-policies.yaml',
        'deploy/kubernetes/components/monitoring/prometheus-rule.yaml',
        'deploy/kubernetes/helm/nats-accounts.values.yaml',
        'docs/architecture.md',
        'docs/checks.md',
        'packages/cli/package.json',
        'tsconfig.json',
      ]),
    );
    const before = naming.map((path) => readFileSync(join(walked.root, path), 'utf8'));
    generate(walked.root);
    expect(naming.map((path) => readFileSync(join(walked.root, path), 'utf8'))).toEqual(before);
    expect(changedFiles(walked.root)).toEqual(expect.arrayContaining([...walked.generated]));
  });

  it('compiles: the service, what it imports and the generators; at night every package and test', async () => {
    const project = join(walked.root, 'test/tsconfig.json');
    const { include, ...rest } = JSON.parse(readFileSync(project, 'utf8')) as { include: string[] };
    const ofRole = ['../services/brevity-checker/src/*.ts', '../deploy/generate/*.ts', '../packages/*/src/**/*.d.ts'];
    const included = isWhole ? [...include, ...ofRole] : ofRole;
    writeFileSync(project, JSON.stringify({ ...rest, include: included }));
    expect(await runInCopy([compiler(), '-p', 'test', '--checkers', '1'])).toBe('');
    if (isWhole) expect(await runInCopy([compiler(), '-b'])).toBe('');
  }, 300_000);

  it('measures and votes as the page shows', async () => {
    const votes = JSON.parse(await runInCopy([...fromSources, 'test/roles/vote-in-copy.ts'])) as VoteInCopy[];
    expect(votes.map(({ vote }) => vote)).toEqual(['accept', 'reject', 'reject']);
    const shown = shownLines().map(({ verdict, scores, flags }) => ({ vote: verdict, score: scores.brevity, flags }));
    expect(votes).toEqual(shown);
  });

  it.runIf(isWhole)(
    'certifies verdicts of it under a policy that requires it, and never asks it under one without it',
    async () => {
      const printed = await runInCopy([...fromSources, 'test/roles/judge-in-copy.ts']);
      const judged = JSON.parse(printed.trim().split('\n').at(-1) ?? '') as JudgedInCopy;
      expect(judged.services).toContain('brevity-checker');
      expect(judged.withRules.unproven).toBeUndefined();
      expect(judged.withRules.roles).toContain('brevity');
      expect(page).toContain(`\`\`\`text\n${judged.withRules.lines.map(decided).join('\n')}\n\`\`\``);
      expect(judged.withoutRules.unproven).toBeUndefined();
      expect(judged.withoutRules.roles).not.toContain('brevity');
      expect(judged.withoutRules.lines.join('')).not.toContain('brevity');
    },
    300_000,
  );

  it.runIf(isWhole)(
    'passes the tests of the repository',
    async () => {
      const parts = ['packages', 'test/sim/sim.test.ts', 'test/deploy', 'test/tidy.test.ts', 'test/unused.test.ts'];
      await runInCopy([join(walked.root, 'node_modules/vitest/vitest.mjs'), 'run', '--project', 'parts', ...parts]);
    },
    1_200_000,
  );
});

/** A line of the page that shows a verdict. */
interface ShownLine {
  readonly verdict: string;
  readonly scores: { readonly brevity: number };
  readonly flags: readonly string[];
}

function shownLines(): ShownLine[] {
  return (page.match(/^\{"task".*\}$/gm) ?? []).map((line) => JSON.parse(line) as ShownLine);
}

/** A line without the roles that only inform, whose observations need not be in the report. */
function decided(line: string): string {
  const {
    scores,
    flags,
    reasons: _reasons,
    ...rest
  } = JSON.parse(line) as {
    scores: Record<string, number>;
    flags: Record<string, string[]>;
    reasons: unknown;
  };
  const { embedding: _, semantic: __, ...required } = scores;
  return JSON.stringify({ ...rest, scores: required, flags: flags.brevity ?? [] });
}
