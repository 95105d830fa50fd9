/** The command `archive`. Its code is loaded when it runs. */
import type { Command } from 'commander';
import type { CommandContext } from '../commands/command-context.ts';
import { busOptions, contractOptions } from '../program/place-options.ts';

/** Adds it. */
export function addArchiveCommand(program: Command, { signal, exit }: CommandContext): void {
  const command = program
    .command('archive')
    .description('store the certified reports of a network in PostgreSQL, each once and proven against the chain')
    .requiredOption('--database-url-file <file>', 'file (mode 0600) with postgres://user:password@host/database');
  contractOptions(busOptions(command))
    .option('--again', 'read all reports on the bus again; stored ones stay as they are', false)
    .option('--once', 'end after the reports that are on the bus now', false)
    .option('--json', 'print one JSON object for each report', false)
    .addHelpText('after', help)
    .action(async (options) => {
      const { archiveCommand } = await import('./archive-command.ts');
      exit(await archiveCommand(options, process.env, signal));
    });
}

const help = `
It creates its tables, continues where it stopped, and may run several times at once. See docs/archive.md.

Example:
  $ assay archive --database-url-file database.url --nats nats://nats:4222 --password-file auditor.password --rpc https://… --hub 0x… --registry 0x…`;
