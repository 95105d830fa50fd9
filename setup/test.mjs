/**
 * Prepares what is missing, then checks everything: format and lint, types, tests against real servers. Arguments go
 * to the test runner:
 *
 *     npm test
 *     npm test -- packages/protocol
 *
 * TEST_SCOPE=whole runs every case of the long tests (`npm run test:nightly`).
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { audit, billOfMaterials } from './audit.mjs';
import { prepare, root, runMain } from './prepare.mjs';
import { runInForeground, runQuietly, SetupError } from './process.mjs';
import { painted, say, seconds, shown } from './progress.mjs';
import { installServers, missingTestTools, withServersOnPath } from './servers.mjs';

const interrupted = new Set([130, 143]);
const testArgs = process.argv.slice(2);
/** Is there once the packages are built, so that tests that pack them do not build them beside the types' check. */
const builtFile = join(root, `.assay/built-${process.pid}`);

/**
 * Compiler and linter check again in each of their checkers what these share, and the tests use the other cores. With one
 * checker they take two thirds of the processor time.
 */
const oneChecker = ['--checkers', '1'];
const oneThread = { GOMAXPROCS: '1' };

/** Run one after another beside the first tests, which wait for servers most of the time. */
const checks = [
  { name: 'types of packages and services', program: 'tsc', args: ['-b', ...oneChecker], builds: true },
  { name: 'format and lint', program: 'biome', args: ['check'] },
  { name: 'types of tests', program: 'tsc', args: ['-p', 'test', ...oneChecker] },
  { name: 'lint with types', program: 'oxlint', args: ['--type-aware'], settings: oneThread },
];

await runMain(async () => {
  const env = await withTestTools((await prepare()).env);
  const auditing = Promise.all([audit(root, env), billOfMaterials(root, env)]);
  auditing.catch(() => {});
  const stopping = new AbortController();
  process.once('exit', () => rmSync(builtFile, { force: true }));
  const checking = runChecks({ cwd: root, env, signal: stopping.signal });
  const startedMs = performance.now();
  const code = await runInForeground(join(root, 'node_modules/.bin/vitest'), ['run', ...testArgs], {
    cwd: root,
    env: { ...env, ASSAY_BUILT: builtFile },
  });
  if (interrupted.has(code)) stopping.abort();
  const tests = { name: 'tests', code, output: '', elapsedMs: performance.now() - startedMs };
  const results = [...(await checking), tests];
  if (interrupted.has(code)) return code;
  for (const { name, output } of results.filter((one) => one.code !== 0 && one.output !== ''))
    say(`${painted('red', `\n${name} failed:`)}\n${output.trimEnd()}`);
  summarise(results, (await auditing).join(' · '));
  return results.find((one) => one.code !== 0)?.code ?? 0;
});

/** Runs the checks quietly, one after another. Resolves with their results. */
async function runChecks(options) {
  const results = [];
  for (const { name, program, args, settings, builds } of checks) {
    const startedMs = performance.now();
    const env = { ...options.env, ...settings };
    const { code, output } = await runQuietly(join(root, 'node_modules/.bin', program), args, { ...options, env });
    results.push({ name, code, output, elapsedMs: performance.now() - startedMs });
    if (builds) sayBuilt();
  }
  return results;
}

function sayBuilt() {
  mkdirSync(join(root, '.assay'), { recursive: true });
  writeFileSync(builtFile, '');
}

/**
 * Installs the tests' own tools. If that is not allowed, the tests that need them are skipped, and this prints the
 * command that installs them.
 */
async function withTestTools(env) {
  const missing = missingTestTools(env);
  if (missing.length === 0) return env;
  try {
    await shown('tools of the tests', async () => {
      await installServers(missing, env, 'Without it the other tests run all the same.');
      return 'installed';
    });
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(`${painted('red', 'Tests with Prometheus are skipped.')} ${error.message}`);
  }
  return withServersOnPath(env);
}

/** A one-line summary at the end. */
function summarise(results, auditResult) {
  const parts = results.map(({ name, code, elapsedMs }) => {
    const result = code === 0 ? painted('green', 'passed') : painted('red', `failed (code ${code})`);
    return `${name} ${result} in ${seconds(elapsedMs)}`;
  });
  say(`\n${parts.join(' · ')} · ${auditResult}`);
}
