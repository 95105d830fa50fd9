/** `assay calibrate`, and the quality bench with its result, for the default model and for another one. */

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { readPolicies, shippedPoliciesFile } from '@assay/cli/network/policy-file';
import { policiesDigest } from '@assay/protocol/policy/policies-digest';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Finished, makeWorkplace, type Workplace } from './assay-command.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const fixtures = ['tasks.jsonl', 'facts.jsonl'].map((name) => join(root, 'test', 'fixtures', name));
/** The data that is not in the repository, as `assay calibration-data` makes it; another folder may have it as well. */
const published = ['fit.jsonl', 'factual-dev.jsonl'];
const publishedFolder = ['calibration-data', '../shared/data']
  .map((folder) => join(root, folder))
  .find((folder) => published.every((name) => existsSync(join(folder, name))));
const publishedFiles = publishedFolder === undefined ? [] : published.map((name) => join(publishedFolder, name));
const timeoutMs = 900_000;

let workplace: Workplace;

beforeEach(async () => {
  workplace = await makeWorkplace();
});

afterEach(() => workplace.remove());

/** Calibrating again, and the default model, which reads every text of the fixtures: the nightly run has both. */
const isWhole = process.env.TEST_SCOPE === 'whole';

describe('assay calibrate', () => {
  it.runIf(isWhole)(
    'fits the fixtures, names model and data, and gives the same bytes again',
    async () => {
      const [first, second] = ['first.json', 'second.json'].map((name) => join(workplace.folder, name));
      if (first === undefined || second === undefined) throw new Error('There are no names.');
      const done = await workplace.run('calibrate', ...fixtures, '--false-reject', '0.01', '--out', first);
      expectDone(done);
      expect(done.stdout).toContain('agreement head      kept');
      const honest = await honestIn(fixtures);
      expect(done.stdout).toMatch(new RegExp(`false reject .* of ${honest};`));
      const [before, after] = [await readPolicies(shippedPoliciesFile), await readPolicies(first)];
      expect(after.map(({ name, payload }) => [name, payload])).toEqual(
        before.map(({ name, payload }) => [name, payload]),
      );
      for (const policy of after) {
        expect(policy.modelDigest).toBe(before[0]?.modelDigest);
        expect(policy.calibration).toMatchObject({
          falseRejectPpm: 10_000,
          data: await Promise.all(fixtures.map(async (file) => ({ ...(await digestOf(file)), use: 'attacks' }))),
          heads: { agreement: 'kept', contradiction: 'fitted' },
        });
      }
      expect(done.stdout).toContain('fitted to tasks.jsonl, facts.jsonl, where its errors are lower than elsewhere');
      const { inSample, expected } = after[0]?.calibration ?? {};
      expect(inSample?.falseReject.of).toBe(honest);
      expect(expected?.falseAccept.of).toBe(inSample?.falseAccept.of);
      expect(expected?.labels.honest?.wrong).toBe(expected?.falseReject.wrong);
      expect(policiesDigest(after)).not.toBe(policiesDigest(before));

      // Started from its own result, it changes nothing: the same data give the same policy, byte for byte.
      const again = ['calibrate', ...fixtures, '--false-reject', '0.01', '--policies', first, '--out', second];
      const repeated = await workplace.run(...again);
      expectDone(repeated);
      expect(repeated.stdout).toContain('both cross-validated on these files and folds');
      expect(repeated.stdout).not.toContain('warning');
      expect(await readFile(second, 'utf8')).toBe(await readFile(first, 'utf8'));
    },
    timeoutMs,
  );

  it(
    'makes a policy for another model, which is refused with the default one',
    async () => {
      const model = join(workplace.folder, 'models', 'words');
      await promisify(execFile)(process.execPath, [join(root, 'setup', 'export-word-model.mjs'), model]);
      const environment = { MODEL_DIR: join(workplace.folder, 'models'), EMBEDDING_MODEL: 'words' };
      const out = join(workplace.folder, 'words.json');
      const done = await workplace.run(
        'calibrate',
        ...(isWhole ? fixtures : fixtures.slice(0, 1)),
        '--false-reject',
        '0.01',
        '--out',
        out,
        '--json',
        environment,
      );
      expectDone(done);
      const [policy] = await readPolicies(out);
      const [shipped] = await readPolicies(shippedPoliciesFile);
      expect(policy?.modelDigest).not.toBe(shipped?.modelDigest);
      expect(JSON.parse(done.stdout)).toMatchObject({ policies: [{ calibration: policy?.calibration }, {}, {}] });

      // Started from its own result, it changes nothing.
      if (isWhole) {
        const again = join(workplace.folder, 'words-again.json');
        const repeated = ['calibrate', ...fixtures, '--false-reject', '0.01', '--policies', out, '--out', again];
        expectDone(await workplace.run(...repeated, environment));
        expect(await readFile(again, 'utf8')).toBe(await readFile(out, 'utf8'));
      }

      const plot = join(workplace.folder, 'roc.svg');
      const bench = ['bench', 'quality', fixtures[0] ?? '', '--policies', out];
      const judged = await workplace.run(...bench, '--plot', plot, '--json', environment);
      expectDone(judged);
      const { falseReject, labels, curves } = JSON.parse(judged.stdout);
      expect(falseReject.of).toBe(await honestIn(fixtures.slice(0, 1)));
      expect(falseReject.count).toBeLessThanOrEqual(0.01 * falseReject.of);
      expect(labels[0].label).toBe('honest');
      expect(Object.keys(curves)).toEqual(['checksum', 'embedding', 'semantic', 'all']);
      expect(await readFile(plot, 'utf8')).toMatch(/^<svg [\s\S]*<\/svg>\n$/);

      const refused = await workplace.run(...bench);
      expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining(policy?.modelDigest ?? '') });
    },
    timeoutMs,
  );
});

describe('the shipped policies', () => {
  it('name the current fixtures, and the published data if present', async () => {
    const known = await Promise.all([...fixtures, ...publishedFiles].map(digestOf));
    for (const { name, calibration } of await readPolicies(shippedPoliciesFile)) {
      const stated = calibration?.data.map(({ name: file, sha256 }) => ({ name: file, sha256 })) ?? [];
      expect(stated, `${name}: run the command of docs/calibration.md again`).toEqual(expect.arrayContaining(known));
    }
  });

  // Some minutes: the model reads every text of the published data.
  it.skipIf(publishedFolder === undefined || process.env.ASSAY_REPRODUCE === undefined)(
    'are what the documented command writes (with ASSAY_REPRODUCE and the published data)',
    async () => {
      const out = join(workplace.folder, 'policies.json');
      const text = (await readFile(join(root, 'docs', 'calibration.md'), 'utf8')).replaceAll(/ \\\n\s*/g, ' ');
      const command = /^npm run assay -- (calibrate .*) --out deploy\/policies\.json$/m.exec(text)?.[1] ?? '';
      const args = command.split(' ').map(placed);
      expectDone(await workplace.run(...args, '--out', out));
      expect(await readFile(out, 'utf8')).toBe(await readFile(shippedPoliciesFile, 'utf8'));
    },
    timeoutMs,
  );
});

/** An argument of the documented command, with the place of a file here. */
function placed(argument: string): string {
  if (!argument.endsWith('.jsonl')) return argument;
  return published.includes(basename(argument))
    ? join(publishedFolder ?? '', basename(argument))
    : join(root, argument);
}

function expectDone(done: Finished) {
  expect(done.code, done.stderr).toBe(0);
  expect(done.processesLeft).toEqual([]);
  expect(done.filesLeft).toEqual([]);
}

/** Honest submissions of some files. */
async function honestIn(files: readonly string[]): Promise<number> {
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  return texts.join('').match(/"label": *"honest"/g)?.length ?? 0;
}

async function digestOf(file: string) {
  const sha256 = `0x${createHash('sha256')
    .update(await readFile(file))
    .digest('hex')}`;
  return { name: basename(file), sha256 };
}
