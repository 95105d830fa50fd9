/** The commands that start a local network or use a running one. Their code is loaded when they run. */
import type { Command } from 'commander';
import type { CommandContext } from '../commands/command-context.ts';
import { countBetween } from '../commands/count-between.ts';

const networkSize = (command: Command) =>
  command
    .option('--operators <n>', 'operators, each with a validator of every role', countBetween(1, 16), 4)
    .option('--replicas <n>', 'processes of each operator and role', countBetween(1, 8), 1)
    .option('--json', 'print one JSON object at the end instead of the readable output', false);

/** Adds them. */
export function addNetworkCommands(program: Command, context: CommandContext): void {
  addUp(program, context);
  addDev(program, context);
  addService(program, context);
  addDemo(program, context);
  addValidate(program, context);
}

const standing = (command: Command) =>
  networkSize(command)
    .option('--aggregators <n>', 'consensus aggregators', countBetween(1, 8), 2)
    .option('--policies <file>', 'policy file other than the shipped one')
    .option('--no-router', 'without the Router and its three stand-in miners');

function addUp(program: Command, { signal, exit }: CommandContext): void {
  standing(program.command('up').description('start a local network and keep it up until Ctrl-C'))
    .addHelpText('after', '\nExamples:\n  $ assay up\n  $ assay up --operators 7 --replicas 2')
    .action(async (options) => {
      const { upCommand } = await import('../commands/up-command.ts');
      exit(await upCommand({ ...options, watch: false, signal }));
    });
}

function addDev(program: Command, { signal, exit }: CommandContext): void {
  standing(program.command('dev').description('like up, and restart the services whose sources change'))
    .addHelpText('after', '\nExamples:\n  $ assay dev\n  $ assay dev --operators 1')
    .action(async (options) => {
      const { upCommand } = await import('../commands/up-command.ts');
      exit(await upCommand({ ...options, watch: true, signal }));
    });
}

function addService(program: Command, { signal, exit }: CommandContext): void {
  program
    .command('service')
    .description('run one service of the running network in the foreground, instead of the network’s own process')
    .argument('<name>', 'a service such as semantic-validator, or a process such as operator-2-semantic-0')
    .option('--operator <n>', 'index of the operator, from 0', countBetween(0, 15))
    .option('--replica <n>', 'index of the process among several, from 0', countBetween(0, 15))
    .option('--inspect [address]', 'let a debugger attach at [host:]port')
    .option('--inspect-brk [address]', 'the same, and wait for it')
    .addHelpText(
      'after',
      '\nExamples:\n  $ assay service semantic-validator --operator 2 --inspect\n  $ LOG_LEVEL=debug assay service gateway\n  $ assay service aggregator-1 --inspect-brk 9230',
    )
    .action(async (name: string, options) => {
      const { serviceCommand } = await import('../commands/service-command.ts');
      exit(await serviceCommand(name, { ...options, signal }));
    });
}

function addDemo(program: Command, { signal, exit }: CommandContext): void {
  networkSize(
    program.command('demo').description('start a local network, judge the demo tasks, show what happened, stop'),
  )
    .option('--out <file>', 'write one JSON line for each submission')
    .option('--sealed <n>', 'number of tasks that are sealed under session keys', countBetween(0, 1000), 2)
    .option('--tasks <n>', 'only the first n of the demo tasks', countBetween(1, 10_000))
    .addHelpText(
      'after',
      '\nExamples:\n  $ assay demo\n  $ assay demo --tasks 5 --json\n  $ assay demo --out verdicts.jsonl',
    )
    .action(async ({ tasks, ...options }) => {
      const { demoTasksFile, readTaskFile } = await import('../tasks/task-file.ts');
      const { judgeCommand } = await import('../commands/judge-command.ts');
      const all = await readTaskFile(demoTasksFile);
      exit(await judgeCommand(all.slice(0, tasks ?? all.length), { ...options, policy: 'standard', signal }));
    });
}

function addValidate(program: Command, { signal, exit }: CommandContext): void {
  networkSize(
    program
      .command('validate')
      .description('judge the tasks of a file on a local network')
      .argument('<file>', 'one JSON object a line, or one JSON array; - for standard input'),
  )
    .option('--out <file>', 'write one JSON line for each submission')
    .option('--skip-bad', 'leave out the tasks that have a fault instead of refusing the file', false)
    .option('--policy <name>', 'policy to judge by', 'standard')
    .option('--policies <file>', 'policy file other than the shipped one')
    .option('--sealed <n>', 'number of tasks that are sealed under session keys', countBetween(0, 1000), 0)
    .addHelpText(
      'after',
      '\nA line: {"task":"t1","prompt":"…","submissions":[{"miner":"m1","output":"…","commitment":"sha256:…","label":"honest"}, …]}\nmodel, commitment and label are optional, task may be called reference; with labels the confusion matrix is added.\n\nExamples:\n  $ assay validate answers.jsonl\n  $ assay validate answers.jsonl --json --out verdicts.jsonl',
    )
    .action(async (file: string, options) => {
      const { tasksToValidate } = await import('../commands/validate-tasks.ts');
      const tasks = await tasksToValidate(file, options);
      const { judgeCommand } = await import('../commands/judge-command.ts');
      exit(await judgeCommand(tasks, { ...options, signal }));
    });
}
