/** The commands that judge tasks: `demo`, `validate`. Their code is loaded when they run. */
import { type Command, Option } from 'commander';
import type { CommandContext } from '../commands/command-context.ts';
import { countBetween } from '../commands/count-between.ts';
import { readableFile } from './file-argument.ts';
import { networkSize } from './network-program.ts';
import { addressOption, urlOption, urlsOption } from './place-options.ts';

/** Adds them. */
export function addValidateCommands(program: Command, context: CommandContext): void {
  addDemo(program, context);
  addValidate(program, context);
}

function addDemo(program: Command, { signal, exit }: CommandContext): void {
  networkSize(
    program.command('demo').description('start a local network, judge the demo tasks, show what happened, stop'),
  )
    .option('--out <file>', 'write one JSON line for each task')
    .option('--words', 'print the words that decided each reject and abstain', true)
    .option('--no-words', 'leave these words out')
    .option('--sealed <n>', 'number of tasks that are sealed under session keys', countBetween(0, 1000), 2)
    .option('--port <n>', 'port of the gateway; 0: any free one', countBetween(0, 65_535), 0)
    .option('--tasks <n>', 'only the first n of the demo tasks', countBetween(1, 10_000))
    .addHelpText(
      'after',
      '\nExamples:\n  $ assay demo\n  $ assay demo --tasks 5 --json\n  $ assay demo --out verdicts.jsonl',
    )
    .action(async (options) => {
      const { demoCommand } = await import('../commands/demo-command.ts');
      exit(await demoCommand({ ...options, signal }));
    });
}

/** What a network of the command's own needs, which neither a running one nor `--quick` takes. */
const ownNetwork = ['operators', 'replicas', 'sealed'];
const elsewhere = ['gateway', 'rpc', 'hub', 'registry'];

function addValidate(program: Command, { signal, exit }: CommandContext): void {
  networkSize(
    program
      .command('validate')
      .description('judge the tasks of a file')
      .argument('<file>', 'one JSON object a line, one JSON array, or CSV; - for standard input', readableFile),
    // Who owns all operators learns nothing from a second one.
    1,
  )
    .option('--out <file>', 'append one JSON line for each judged task; a second run continues from there')
    .addOption(
      new Option('--format <name>', 'json or csv; default: csv for .csv and .tsv, otherwise json').choices([
        'json',
        'csv',
      ]),
    )
    .option('--skip-bad', 'skip the tasks that have a fault instead of refusing the file', false)
    .option('--verbose', 'print all details of each task', false)
    .option('--words', 'print the words that decided each reject and abstain, in --out and --verbose', false)
    .option('--policy <name>', 'policy to judge by', 'standard')
    .addOption(new Option('--policies <file>', 'policy file other than the shipped one').conflicts('gateway'))
    .option('--sealed <n>', 'number of tasks that are sealed under session keys', countBetween(0, 1000), 0)
    .addOption(
      new Option('--quick', 'judge in this process, without a network; nothing is certified')
        .default(false)
        .conflicts([...ownNetwork, ...elsewhere]),
    )
    .addOption(
      new Option('--gateway <url>', 'use the network that runs behind this gateway instead of starting one')
        .argParser(urlOption)
        .conflicts(ownNetwork),
    )
    .option(
      '--rpc <url>',
      'with --gateway: JSON-RPC endpoint of its chain; default: of the network of this folder',
      urlsOption,
    )
    .option('--hub <address>', 'with --gateway: AssayHub contract that you trust', addressOption)
    .option('--registry <address>', 'with --gateway: ValidatorRegistry contract that you trust', addressOption)
    .addHelpText('after', validateHelp)
    .action(async (file: string, options) => {
      const { validateCommand } = await import('../commands/validate-command.ts');
      exit(await validateCommand(file, { ...options, signal }));
    });
}

const validateHelp = `
A line: {"reference":"t1","prompt":"…","submissions":[{"miner":"m1","output":"…","commitment":"sha256:…","label":"honest"}, …]}
model, commitment and label are optional; with labels the confusion matrix is added. The messages of a chat may be in
place of the prompt. CSV has a row for each submission: reference,prompt,miner,output and the optional fields.

Examples:
  $ assay validate answers.jsonl
  $ assay validate answers.csv --out verdicts.jsonl --skip-bad
  $ assay validate answers.jsonl --quick --verbose --words
  $ assay validate answers.jsonl --gateway http://127.0.0.1:8080`;
