/**
 * Gives all packages the version that the changesets ask for, and CHANGELOG.md its section:
 *
 *     npm run version
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { plannedVersion, type ReleasePlan, withSection } from './changelog.ts';

const root = fileURLToPath(new URL('../', import.meta.url));

function run(program: string, args: readonly string[]): void {
  const { status, error } = spawnSync(program, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}.`, { cause: error });
}

function readPlan(): ReleasePlan {
  const folder = mkdtempSync(join(tmpdir(), 'assay-release-'));
  try {
    const file = join(folder, 'plan.json');
    run('npx', ['changeset', 'status', '--output', file]);
    return JSON.parse(readFileSync(file, 'utf8')) as ReleasePlan;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const plan = readPlan();
const changelog = join(root, 'CHANGELOG.md');
const text = withSection(readFileSync(changelog, 'utf8'), plan);
run('npx', ['changeset', 'version']);
writeFileSync(changelog, text);
const manifest = join(root, 'package.json');
const own = JSON.parse(readFileSync(manifest, 'utf8')) as Record<string, unknown>;
writeFileSync(manifest, `${JSON.stringify({ ...own, version: plannedVersion(plan) }, null, 2)}\n`);
run('npm', ['install', '--package-lock-only', '--ignore-scripts', '--no-audit', '--no-fund']);
run(process.execPath, [join(root, 'setup', 'complete-lock.mjs')]);
