/** Runs Halmos, which executes the contracts' bytecode with symbols for values and asks a solver. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { forgeBinary } from '../../packages/contracts/src/forge.ts';

const outputCharsMax = 4_000;
/** More turns than any loop of a property takes; a path that needs more is reported and is no proof. */
const loopTurns = 17;

/** What Halmos says of a check. */
export interface CheckResult {
  readonly name: string;
  /** 0 passed, 1 counterexample, 2 timeout, 3 stuck, 4 every path reverts, 5 failed. */
  readonly exitcode: number;
  /** Paths that were looked at, those that end without a revert, and those that Halmos could not follow. */
  readonly num_paths: readonly [all: number, ended: number, stuck: number] | null;
  /** Loops that were cut at their bound; `null` where Halmos itself failed. */
  readonly num_bounded_loops: number | null;
}

/** Whether a check holds for all values within its bound. */
export type Outcome = 'holds' | 'fails' | 'unknown';

/** A pass counts only where every path was followed to its end; only a counterexample is a failure. */
export function outcomeOf({ exitcode, num_paths, num_bounded_loops }: CheckResult): Outcome {
  if (exitcode === 1) return 'fails';
  const [, ended = 0, stuck = 0] = num_paths ?? [];
  return exitcode === 0 && ended > 0 && stuck === 0 && num_bounded_loops === 0 ? 'holds' : 'unknown';
}

/** The results in the JSON that Halmos writes, of all contracts. Names come without their parameter lists. */
export function resultsIn(json: string): readonly CheckResult[] {
  const { test_results: contracts } = JSON.parse(json) as { test_results: Record<string, CheckResult[]> };
  return Object.values(contracts)
    .flat()
    .map((result) => ({ ...result, name: result.name.replace(/\(.*$/, '') }));
}

/**
 * Runs checks of a project.
 * @param program Halmos
 * @param folder the project
 * @param checks names of the checks
 * @param timeoutMs after so long Halmos is stopped
 * @param wantsFailure whether one counterexample is enough
 * @throws when Halmos writes no results, with its output
 */
export function runHalmos(
  program: string,
  folder: string,
  checks: readonly string[],
  timeoutMs: number,
  wantsFailure: boolean,
): readonly CheckResult[] {
  const results = join(folder, 'results.json');
  const options = ['--loop', `${loopTurns}`, '--solver-timeout-assertion', '300s', '--no-status'];
  if (wantsFailure) options.push('--early-exit');
  const run = spawnSync(
    program,
    ['--root', folder, ...options, '--match-test', `^(${checks.join('|')})\\(`, '--json-output', results],
    {
      cwd: folder,
      encoding: 'utf8',
      timeout: timeoutMs,
      maxBuffer: 256 * 1024 * 1024,
      // Halmos starts forge, which starts solc.mjs by its shebang.
      env: {
        ...process.env,
        PATH: [dirname(process.execPath), dirname(forgeBinary()), process.env.PATH].filter(Boolean).join(delimiter),
      },
    },
  );
  if (!existsSync(results))
    throw new Error(`halmos gave no results (${run.status}):\n${`${run.stdout}${run.stderr}`.slice(-outputCharsMax)}`);
  return resultsIn(readFileSync(results, 'utf8'));
}
