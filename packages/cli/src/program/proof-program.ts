/** The commands that prove something: `chunks`, `report`, `committee`, `replay`. What they run is loaded when they run. */
import type { Hex } from '@assay/protocol/encoding/bytes';
import type { Command } from 'commander';
import type { CommandContext } from '../commands/command-context.ts';
import { countBetween } from '../commands/count-between.ts';
import { addressOption, idArgument, urlOption, urlsOption } from './place-options.ts';

/** Adds them. */
export function addProofCommands(program: Command, { exit }: CommandContext): void {
  program
    .command('chunks')
    .description(
      'the Merkle root over the chunks of an output; with a second file, the first chunk in which they differ',
    )
    .argument('<file>', 'an output, or a tree that --json printed (.json)')
    .argument('[other]', 'another output, or another miner’s tree (.json)')
    .option('--json', 'print one JSON object; for one file, the tree, which can be sent instead of the output', false)
    .addHelpText(
      'after',
      '\nExamples:\n  $ assay chunks answer.txt\n  $ assay chunks answer.txt --json > tree.json\n  $ assay chunks mine.txt tree.json',
    )
    .action(async (file: string, other: string | undefined, options) => {
      const { chunksCommand } = await import('../commands/chunks-command.ts');
      exit(await chunksCommand(file, other, options));
    });

  addReport(program, exit);

  program
    .command('committee')
    .description('repeat the draw of an epoch’s committee from its beacon, and compare it with the recorded draw')
    .argument('<file>', 'a draw: the output of "assay set-up --committee", or its JSON')
    .option('--rpc <url>', 'JSON-RPC endpoint of the chain: its block must have the beacon', urlsOption)
    .option('--hub <address>', 'AssayHub contract that you trust', addressOption)
    .option(
      '--registry <address>',
      'ValidatorRegistry contract that you trust: its epoch must have the members',
      addressOption,
    )
    .option('--json', 'print one JSON object', false)
    .addHelpText(
      'after',
      '\nA draw: {"beacon":"0x…","blockNumber":12,"epoch":1,"size":21,"pool":[{"operator":"0x…","weight":"100"}, …],"offline":["0x…"],"members":[…]}\nblockNumber, offline and members are optional.\n\nExamples:\n  $ assay committee draw.json\n  $ assay committee draw.json --rpc http://127.0.0.1:8545 --hub 0x… --registry 0x…',
    )
    .action(async (file: string, options) => {
      const { committeeCommand } = await import('../commands/committee-command.ts');
      exit(await committeeCommand(file, options));
    });

  program
    .command('replay')
    .description('repeat the decisions of a recorded aggregator: events, decisions with their reasons, effects')
    .argument('<file>', 'a recording, made by an aggregator with RECORD_EVENTS_DIR')
    .option('--task <id>', 'only the events about this task')
    .option('--json', 'print one JSON object a line', false)
    .addHelpText(
      'after',
      '\nExit code 0: every event has the recorded effects. Exit code 1: another version of the program recorded them.\n\nExamples:\n  $ assay replay consensus-aggregator-0.jsonl\n  $ assay replay consensus-aggregator-0.jsonl --task 0x5f…c2 --json',
    )
    .action(async (file: string, options) => {
      const { replayCommand } = await import('../commands/replay-command.ts');
      exit(await replayCommand(file, options));
    });
}

function addReport(program: Command, exit: CommandContext['exit']): void {
  program
    .command('report')
    .description('fetch a certified report and prove it against the chain')
    .argument('<taskId>', '0x and 64 hexadecimal digits, as POST /v1/tasks answers', idArgument)
    .option('--gateway <url>', 'gateway; default: the network that was started from this folder', urlOption)
    .option('--rpc <url>', 'JSON-RPC endpoint of the chain', urlsOption)
    .option('--hub <address>', 'AssayHub contract that you trust', addressOption)
    .option('--registry <address>', 'ValidatorRegistry contract that you trust', addressOption)
    .option('--wait <seconds>', 'wait for the report', countBetween(0, 30), 0)
    .option('--words', 'print the words that decided, found here in the content that the gateway shows', false)
    .option('--json', 'print one JSON object', false)
    .addHelpText(
      'after',
      '\nExamples:\n  $ assay report 0x5f…c2 --words\n  $ assay report 0x5f…c2 --gateway http://127.0.0.1:8080 --rpc http://127.0.0.1:8545 --hub 0x… --registry 0x…',
    )
    .action(async (taskId: Hex, { wait, ...options }) => {
      const { reportCommand } = await import('../commands/report-command.ts');
      exit(await reportCommand(taskId, { ...options, waitMs: wait * 1000 }));
    });
}
