/** The command `content delete`. Its code is loaded when it runs. */
import type { Hex } from '@assay/protocol/encoding/bytes';
import type { Command } from 'commander';
import type { CommandContext } from '../commands/command-context.ts';
import { idArgument, urlOption } from '../program/place-options.ts';

/** Adds it. */
export function addContentCommands(program: Command, { exit }: CommandContext): void {
  program
    .command('content')
    .description('prompts and outputs that a gateway keeps')
    .command('delete')
    .description('delete prompt and outputs of a task, and what quotes them, for good')
    .argument('<id>', 'of the task or question: 0x and 64 hexadecimal digits', idArgument)
    .option('--gateway <url>', 'gateway; by default the one of this folder', urlOption)
    .option(
      '--key-file <file>',
      'file (mode 0600) with the key that handed the task in, or of scope admin; by default ASSAY_API_KEY',
    )
    .option('--json', 'print one JSON object', false)
    .addHelpText(
      'after',
      '\nThe report stays: it names content by its hash.\n\nExamples:\n' +
        '  $ ASSAY_API_KEY=assay_… assay content delete 0x5f…c2\n' +
        '  $ assay content delete 0x5f…c2 --key-file admin.key --gateway https://assay.example',
    )
    .action(async (id: Hex, options) =>
      exit(await (await import('./delete-content-command.ts')).deleteContentCommand(id, options)),
    );
}
