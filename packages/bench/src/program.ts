/** The `assay bench` commands. Help and errors of use load no bench. */

import type { CommandContext } from '@assay/cli/commands/command-context';
import { countBetween } from '@assay/cli/commands/count-between';
import { demoTasksFile, readTaskFile } from '@assay/cli/tasks/task-file';
import type { Command } from 'commander';
import { addConsensusCommand } from './consensus/consensus-command.ts';
import { addInferenceCommand } from './inference/inference-command.ts';
import { addJudgeCommand } from './judge/judge-command.ts';
import { addRouterCommand } from './router/router-command.ts';

/**
 * Adds `bench` and its commands. The command line imports it by a name that it makes when it runs.
 *
 * @public
 */
export function addBenchCommands(program: Command, context: CommandContext): void {
  const bench = program.command('bench').description('measure quality, speed and cost');
  for (const add of [
    addQuality,
    addCollusion,
    addStability,
    addKeys,
    addConsensusCommand,
    addConsumers,
    addCommittee,
    addGas,
    addTelemetry,
    addThroughput,
    addScale,
    addInferenceCommand,
    addJudgeCommand,
    addRouterCommand,
  ])
    add(bench, context);
}

function addQuality(bench: Command, { signal, exit }: CommandContext): void {
  bench
    .command('quality')
    .description('how well the checks separate honest answers from attacks')
    .argument(
      '<file>',
      'labelled tasks, or texts labelled attack, embedded_instruction and benign; one JSON object a line',
    )
    .option('--policy <name>', 'policy to judge by', 'standard')
    .option('--policies <file>', 'policy file other than the shipped one')
    .option('--plot <file.svg>', 'write the ROC curves of the roles as SVG')
    .option('--misses', 'list each misjudged submission, with the words that decided', false)
    .option('--ablate', 'judge again without each group of evidence: what it catches, and what it costs', false)
    .option('--json', 'print one JSON object', false)
    .addHelpText(
      'after',
      '\nExamples:\n  $ assay bench quality test/fixtures/tasks.jsonl --misses\n  $ assay bench quality answers.jsonl --plot roc.svg --json',
    )
    .action(async (file: string, options) => {
      const { benchQuality } = await import('./quality/quality.ts');
      exit(await benchQuality(file, { ...options, signal }));
    });
}

function addCollusion(bench: Command, { signal, exit }: CommandContext): void {
  bench
    .command('collusion')
    .description('what one to three colluders with the same wrong fact reach, by strategy')
    .argument('<file>', 'labelled tasks with honest answers and wrong_number, wrong_name or negation')
    .option('--policy <name>', 'policy to judge by', 'standard')
    .option('--policies <file>', 'policy file other than the shipped one')
    .option('--json', 'print one JSON object', false)
    .addHelpText('after', '\nExamples:\n  $ assay bench collusion test/fixtures/facts.jsonl')
    .action(async (file: string, options) => {
      const { benchCollusion } = await import('./quality/collusion.ts');
      exit(await benchCollusion(file, { ...options, signal }));
    });
}

function addStability(bench: Command, { signal, exit }: CommandContext): void {
  bench
    .command('stability')
    .description('how many verdicts on honest answers change when another honest answer is left out')
    .argument('<file>', 'labelled tasks with two or more honest answers')
    .option('--tasks <n>', 'tasks from the beginning of the file; all by default', countBetween(1, 100_000))
    .option('--policy <name>', 'policy to judge by', 'standard')
    .option('--policies <file>', 'policy file other than the shipped one')
    .option('--json', 'print one JSON object', false)
    .addHelpText('after', '\nExamples:\n  $ assay bench stability test/fixtures/tasks.jsonl --tasks 10')
    .action(async (file: string, options) => {
      const { benchStability } = await import('./quality/stability.ts');
      exit(await benchStability(file, { ...options, signal }));
    });
}

function addKeys(bench: Command, { exit }: CommandContext): void {
  bench
    .command('keys')
    .description('cost of a session: CPU time, messages, wall time over NATS, gas')
    .option('--sessions <n>', 'sessions of each method whose CPU time is measured', countBetween(1, 100_000), 1_000)
    .option('--json', 'print one JSON object', false)
    .addHelpText('after', '\nExamples:\n  $ assay bench keys\n  $ assay bench keys --sessions 200 --json')
    .action(async ({ sessions, json }) => {
      const { benchKeysCommand } = await import('./keys/keys-command.ts');
      exit(await benchKeysCommand({ sessions, json }));
    });
}

function addGas(bench: Command, { signal, exit }: CommandContext): void {
  bench
    .command('gas')
    .description('gas of certificates, verdicts and proofs on a real EVM chain')
    .option('--record <file>', 'write the record that "assay cost" counts with')
    .option('--json', 'print one JSON object', false)
    .addHelpText('after', '\nExamples:\n  $ assay bench gas\n  $ assay bench gas --json')
    .action(async (options) => {
      const { benchGas } = await import('./gas/gas.ts');
      exit(await benchGas({ ...options, signal }));
    });
}

function addTelemetry(bench: Command, { signal, exit }: CommandContext): void {
  bench
    .command('telemetry')
    .description('cost of traces, metrics and logs: two networks in one run, one without them')
    .option('--operators <n>', 'operators of each network', countBetween(1, 16), 4)
    .option('--tasks <n>', 'tasks of a block', countBetween(1, 1_000), 24)
    .option('--rounds <n>', 'pairs of blocks', countBetween(1, 1_000), 8)
    .option('--json', 'print one JSON object', false)
    .addHelpText(
      'after',
      '\nExamples:\n  $ assay bench telemetry\n  $ assay bench telemetry --operators 1 --rounds 20 --json',
    )
    .action(async ({ tasks, ...options }) => {
      const all = await readTaskFile(demoTasksFile);
      const { benchTelemetry } = await import('./telemetry/telemetry.ts');
      exit(await benchTelemetry({ ...options, tasks: all.slice(0, tasks), signal }));
    });
}

function addThroughput(bench: Command, { signal, exit }: CommandContext): void {
  bench
    .command('throughput')
    .description('speed of the checks: against the bare model, with a cache, without a model, on very long outputs')
    .argument('[file]', 'tasks, one JSON object a line; by default those of the demo', demoTasksFile)
    .option('--policy <name>', 'policy to judge by', 'standard')
    .option('--rounds <n>', 'paired rounds of cold cache, warm cache and bare model', countBetween(1, 100), 5)
    .option('--json', 'print one JSON object', false)
    .addHelpText(
      'after',
      '\nExamples:\n  $ assay bench throughput\n  $ assay bench throughput answers.jsonl --rounds 10 --json',
    )
    .action(async (file: string, options) => {
      const { benchThroughput } = await import('./throughput/throughput-command.ts');
      exit(await benchThroughput(file, { ...options, signal }));
    });
}

function addScale(bench: Command, { signal, exit }: CommandContext): void {
  bench
    .command('scale')
    .description('the deployed scaling rule drives replicas through a load wave; then 1 to 8 fixed replicas')
    .option('--peak <n>', 'tasks a second at the top of the wave', countBetween(2, 1_000), 60)
    .option('--check-ms <n>', 'duration of one check, milliseconds', countBetween(1, 10_000), 100)
    .option('--time-scale <n>', 'factor by which the time of the rule runs faster', countBetween(1, 100), 20)
    .option('--max-replicas <n>', 'maximum number of replicas, below the maximum of the rule', countBetween(2, 24), 8)
    .option('--plot <file.svg>', 'write backlog, replicas and latency over time as SVG')
    .option('--json', 'print one JSON object', false)
    .addHelpText('after', '\nExamples:\n  $ assay bench scale\n  $ assay bench scale --peak 40 --plot scale.svg --json')
    .action(async (options) => {
      const { benchScale } = await import('./scale/scale-command.ts');
      exit(await benchScale({ ...options, signal }));
    });
}

function addConsumers(bench: Command, { signal, exit }: CommandContext): void {
  bench
    .command('consumers')
    .description("our NATS consumers against those of NATS's own client: CPU time and throughput, in paired rounds")
    .option('--rounds <n>', 'paired rounds', countBetween(1, 1_000), 9)
    .option('--messages <n>', 'messages that each reads in a round', countBetween(100, 1_000_000), 20_000)
    .option('--concurrency <n>', 'messages that a worker holds at once', countBetween(1, 1_000), 64)
    .option('--json', 'print one JSON object', false)
    .addHelpText(
      'after',
      '\nExamples:\n  $ assay bench consumers\n  $ assay bench consumers --rounds 3 --messages 5000 --json',
    )
    .action(async (options) => {
      const { benchConsumers } = await import('./consensus/consumers.ts');
      exit(await benchConsumers({ ...options, signal }));
    });
}

function addCommittee(bench: Command, { signal, exit }: CommandContext): void {
  bench
    .command('committee')
    .description('how likely a drawn committee is captured or stopped, by formula and by drawing')
    .option('--draws <n>', 'draws of each row', countBetween(1_000, 1_000_000_000), 10_000_000)
    .option('--seed <n>', 'seed of the draws', countBetween(0, 4_000_000_000), 1)
    .option('--json', 'print one JSON object', false)
    .addHelpText('after', '\nExamples:\n  $ assay bench committee\n  $ assay bench committee --draws 100000 --json')
    .action(async (options) => {
      const { benchCommittee } = await import('./committee/committee.ts');
      exit(await benchCommittee({ ...options, signal }));
    });
}
