/** The command `archive`. Its code is loaded when it runs. */
import type { Command } from 'commander';
import type { CommandContext } from '../commands/command-context.ts';
import { addressOption, urlsOption } from '../program/place-options.ts';

/** Adds it. */
export function addArchiveCommand(program: Command, { signal, exit }: CommandContext): void {
  program
    .command('archive')
    .description('store the certified reports of a network in PostgreSQL, each once and proven against the chain')
    .requiredOption('--database-url-file <file>', 'file (mode 0600) with postgres://user:password@host/database')
    .option('--nats <urls>', 'NATS servers; by default NATS_URL')
    .option('--user <name>', 'NATS user', 'auditor')
    .option('--password-file <file>', 'file with the password of that user')
    .option('--ca-file <file>', 'CA certificates for NATS; switches TLS on')
    .requiredOption('--rpc <url>', 'JSON-RPC endpoint of the chain', urlsOption)
    .requiredOption('--hub <address>', 'AssayHub contract that you trust', addressOption)
    .requiredOption('--registry <address>', 'ValidatorRegistry contract that you trust', addressOption)
    .option('--policies <file>', 'policy file of the epochs; by default the shipped one')
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
