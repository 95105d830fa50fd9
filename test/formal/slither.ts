/**
 * Looks for known kinds of faults in the contracts: `npm run slither`. Exits with 1 where Slither finds something that
 * `slither-findings.ts` does not explain, and where an explanation has no finding any more.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { forgeBinary } from '../../packages/contracts/src/forge.ts';
import { makePlainProject } from './project.ts';
import { pythonTool } from './python-tools.ts';
import { explainedFindings, findingsIn, nameOf, unmatched } from './slither-findings.ts';

const timeoutMs = 1_800_000;
const outputBytesMax = 64 * 1024 * 1024;
const errorCharsMax = 4_000;
const say = (line: string) => process.stdout.write(`${line}\n`);

const findings = findingsIn(runSlither(pythonTool('slither')));
const { unexplained, outdated } = unmatched(findings);
for (const finding of findings.filter((one) => !unexplained.includes(one))) {
  const known = explainedFindings.find((one) => nameOf(one) === nameOf(finding));
  say(`explained  ${nameOf(finding)}\n           ${known?.because ?? ''}`);
}
for (const finding of unexplained)
  say(`FOUND      ${nameOf(finding)} (${finding.impact} impact)\n${finding.description}`);
for (const known of outdated)
  say(`OUTDATED   ${nameOf(known)}: Slither does not find it any more; take its explanation out`);
say(
  `\n${findings.length} findings; ${
    unexplained.length + outdated.length === 0
      ? 'all are explained'
      : 'mend the contract, or explain the finding in test/formal/slither-findings.ts'
  }`,
);
process.exitCode = unexplained.length + outdated.length === 0 ? 0 : 1;

/** Runs it on a project of its own. Returns its JSON. */
function runSlither(program: string): string {
  const config = fileURLToPath(new URL('slither.config.json', import.meta.url));
  const folder = makePlainProject();
  const results = join(folder, 'results.json');
  try {
    const run = spawnSync(program, ['.', '--config-file', config, '--json', results], {
      cwd: folder,
      encoding: 'utf8',
      timeout: timeoutMs,
      maxBuffer: outputBytesMax,
      // Slither starts forge, which starts solc.mjs by its shebang.
      env: {
        ...process.env,
        PATH: [dirname(process.execPath), dirname(forgeBinary()), process.env.PATH].filter(Boolean).join(delimiter),
      },
    });
    if (!existsSync(results))
      throw new Error(
        `Slither gave no results (${run.status}):\n${`${run.stdout}${run.stderr}`.slice(-errorCharsMax)}`,
      );
    return readFileSync(results, 'utf8');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
