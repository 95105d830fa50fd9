/**
 * Proves the properties of the contracts: `npm run formal -- [--mutants] [--only text]`. Prints what was proven to what
 * bound. `--mutants` then breaks the contracts in one place after another, for each of which a property has to fail.
 * `--only` takes the checks whose name has the text in it. Exits with code 1 if a property does not hold, or holds for a
 * mutant.
 */
import { rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type CheckResult, outcomeOf, runHalmos } from './halmos.ts';
import { mutants } from './mutants.ts';
import { makeProject, type SourceEdit } from './project.ts';
import { claimOf, claims, type Property, properties } from './properties.ts';
import { pythonTool } from './python-tools.ts';

const { values } = parseArgs({
  options: { mutants: { type: 'boolean', default: false }, only: { type: 'string', default: '' } },
});
const timeoutMs = 3_600_000;
const say = (line: string) => process.stdout.write(`${line}\n`);

const program = pythonTool('halmos');
const chosen = properties.filter(({ check }) => check.includes(values.only));
if (chosen.length === 0) throw new Error(`no property has ${values.only} in its name; see test/formal/properties.ts`);
const proven = proveAll(chosen);
const caught = !values.mutants || catchAll(chosen);
process.exitCode = proven && caught ? 0 : 1;

/** Proves the properties for the contracts as they are, and prints a table. */
function proveAll(wanted: readonly Property[]): boolean {
  const results = run(
    wanted.map(({ check }) => check),
    [],
  );
  let isProven = true;
  let claim = '';
  for (const { check, says, bound } of wanted) {
    const result = results.find(({ name }) => name === check);
    const outcome = result === undefined ? 'unknown' : outcomeOf(result);
    if (outcome !== 'holds') isProven = false;
    if (claimOf(check) !== claim) say(`\n${claims[claimOf(check)]}`);
    claim = claimOf(check);
    say(`  ${outcome.padEnd(8)}${check}: ${says}`);
    say(`          for ${bound}; ${result?.num_paths?.[0] ?? 0} paths`);
  }
  say(`\n${isProven ? 'every property holds within its bound' : 'not every property holds'}`);
  return isProven;
}

/** Runs each mutant's property, which has to fail by a counterexample. */
function catchAll(wanted: readonly Property[]): boolean {
  let areCaught = true;
  say('\nmutants');
  for (const { fault, check, edits } of mutants.filter((one) =>
    wanted.some((property) => property.check === one.check),
  )) {
    const result = run([check], edits).find(({ name }) => name === check);
    const outcome = result === undefined ? 'unknown' : outcomeOf(result);
    if (outcome !== 'fails') areCaught = false;
    say(`  ${(outcome === 'fails' ? 'caught' : 'MISSED').padEnd(8)}${fault}: ${check} ${outcome}`);
  }
  say(`\n${areCaught ? 'every mutant is caught' : 'a mutant is not caught'}`);
  return areCaught;
}

/** Runs checks for the contracts with these edits. */
function run(checks: readonly string[], edits: readonly SourceEdit[]): readonly CheckResult[] {
  const folder = makeProject(edits, checks);
  try {
    return runHalmos(program, folder, checks, timeoutMs, edits.length > 0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
