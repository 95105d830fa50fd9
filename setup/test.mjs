/**
 * Prepares what is missing, then checks everything: format and lint, types, tests against real servers. Arguments go
 * to the test runner:
 *
 *     npm test
 *     npm test -- packages/protocol
 */
import { join } from 'node:path';
import { audit, billOfMaterials } from './audit.mjs';
import { prepare, root, runMain } from './prepare.mjs';
import { runInForeground, SetupError } from './process.mjs';
import { painted, say, seconds, shown } from './progress.mjs';
import { installServers, missingTestTools, withServersOnPath } from './servers.mjs';

const interrupted = new Set([130, 143]);

const steps = [
  { name: 'format and lint', program: 'biome', args: ['check'] },
  { name: 'lint with types', program: 'oxlint', args: ['--type-aware'] },
  { name: 'types', program: 'tsc', args: ['-p', 'test'] },
  { name: 'tests', program: 'vitest', args: ['run', ...process.argv.slice(2)] },
];

await runMain(async () => {
  const env = await withTestTools((await prepare()).env);
  const auditing = Promise.all([audit(root, env), billOfMaterials(root, env)]);
  auditing.catch(() => {});
  const results = [];
  for (const { name, program, args } of steps) {
    say(painted('bold', `\n${name}: ${program} ${args.join(' ')}`));
    const startedMs = performance.now();
    const code = await runInForeground(join(root, 'node_modules/.bin', program), args, { cwd: root, env });
    if (interrupted.has(code)) return code;
    results.push({ name, code, elapsedMs: performance.now() - startedMs });
  }
  summarise(results, (await auditing).join(' · '));
  return results.find(({ code }) => code !== 0)?.code ?? 0;
});

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
