/** The commands `audit export` and `audit verify`. Their code is loaded when they run. */
import type { Command } from 'commander';
import type { CommandContext } from '../commands/command-context.ts';
import { countBetween } from '../commands/count-between.ts';
import { addressOption, busOptions, urlsOption } from '../program/place-options.ts';

/** Adds them. */
export function addAuditCommands(program: Command, { exit }: CommandContext): void {
  const audit = program.command('audit').description('export the audit log, or check it against itself and the chain');
  const withBus = (command: Command) => busOptions(command, 'NATS_URL, or the network of this folder');

  withBus(audit.command('export').description('print every record as one line of JSON'))
    .addHelpText(
      'after',
      '\nExamples:\n  $ assay audit export > records.jsonl\n' +
        '  $ assay audit export --nats nats://nats:4222 --password-file auditor.password > records.jsonl',
    )
    .action(async (options) => exit(await (await import('./audit-command.ts')).exportCommand(options)));

  withBus(audit.command('verify').description('check the records, and name the first that is broken'))
    .argument('[files...]', 'exports in their order; without one, the stream')
    .option('--rpc <url>', 'JSON-RPC endpoint of the chain', urlsOption)
    .option('--hub <address>', 'AssayHub contract that you trust', addressOption)
    .option('--transmitter <addresses...>', 'accounts of the aggregators, whose anchors count')
    .option('--from-block <n>', 'first block that is searched for anchors', countBetween(0, 2 ** 48), 0)
    .option('--from-record <n>', 'number of the first record; by default 1 in files', countBetween(1, 2 ** 48))
    .option('--json', 'print one JSON object', false)
    .addHelpText('after', help)
    .action(async (files: string[], { transmitter: transmitters, ...options }) =>
      exit(await (await import('./audit-command.ts')).verifyCommand(files, { ...options, transmitters })),
    );
}

const help = `
Ends with 0 if all holds, with 1 if a record is broken, with 2 for wrong use. Without --rpc, or a network of this folder,
the chain is not asked. See docs/audit.md.

Examples:
  $ assay audit verify
  $ assay audit verify march.jsonl april.jsonl --rpc https://… --hub 0x… --transmitter 0x… 0x… --json`;
