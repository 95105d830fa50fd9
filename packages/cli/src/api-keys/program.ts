/** The commands `key create`, `list`, `rotate`, `revoke` and `usage`. Their code is loaded when they run. */
import { scopes } from '@assay/protocol/api/api-keys';
import { limits } from '@assay/protocol/limits';
import { type Command, Option } from 'commander';
import type { CommandContext } from '../commands/command-context.ts';
import { countBetween } from '../commands/count-between.ts';
import { urlOption } from '../program/place-options.ts';

/** Adds them. */
export function addKeyCommands(program: Command, { exit }: CommandContext): void {
  const key = program.command('key').description('manage the API keys of a gateway that requires them');
  const withGateway = (command: Command) =>
    command
      .option('--gateway <url>', 'gateway; by default the one of this folder', urlOption)
      .option('--admin-key-file <file>', 'file (mode 0600) with a key of scope admin; by default ASSAY_API_KEY')
      .option('--json', 'one JSON object a line', false);

  withGateway(key.command('create').description('create a key and print its token, which is shown only once'))
    .requiredOption('--owner <text>', 'user of the key')
    .addOption(new Option('--scopes <names...>', 'scopes of the key').choices(scopes).makeOptionMandatory())
    .option('--expires-in-days <n>', 'days until it ends; without it never', countBetween(1, limits.keyDaysMax))
    .addHelpText(
      'after',
      '\nExamples:\n  $ assay key create --owner "the chat app" --scopes submit read --admin-key-file admin.key\n' +
        '  $ ASSAY_API_KEY=$(cat admin.key) assay key create --owner ops --scopes admin --gateway https://assay.example',
    )
    .action(async (options) => exit(await (await import('./key-command.ts')).createKeyCommand(options)));

  withGateway(key.command('list').description('list the keys without their secrets'))
    .addHelpText('after', '\nExample:\n  $ assay key list --admin-key-file admin.key')
    .action(async (options) => exit(await (await import('./key-command.ts')).listKeysCommand(options)));

  withGateway(key.command('rotate').description('give a key another token and print it, this once'))
    .argument('<id>', '16 hexadecimal digits: the part of the token after assay_')
    .option(
      '--grace <seconds>',
      'how long the old token stays valid',
      countBetween(0, limits.keyGraceSecondsMax),
      3_600,
    )
    .addHelpText('after', '\nExample:\n  $ assay key rotate 3f1c0a9e5b7d2468 --grace 600 --admin-key-file admin.key')
    .action(async (id, options) =>
      exit(await (await import('./key-command.ts')).rotateKeyCommand(id, options.grace, options)),
    );

  withGateway(key.command('revoke').description('end a key at all gateways, for good'))
    .argument('<id>', '16 hexadecimal digits: the part of the token after assay_')
    .addHelpText('after', '\nExample:\n  $ assay key revoke 3f1c0a9e5b7d2468 --admin-key-file admin.key')
    .action(async (id, options) => exit(await (await import('./key-command.ts')).revokeKeyCommand(id, options)));

  key
    .command('usage')
    .description('what a key used at a Router, and what that cost, by day and model')
    .option('--router <url>', 'base URL of the Router; by default the one of this folder', urlOption)
    .option('--key-file <file>', 'file (mode 0600) with the key; by default ASSAY_API_KEY')
    .option('--from <day>', 'first day, such as 2026-03-01; by default 30 days before the last')
    .option('--to <day>', 'last day (UTC); by default today')
    .option('--all', 'of all keys; needs the scope admin', false)
    .addOption(new Option('--format <name>', 'output format').choices(['table', 'json', 'csv']).default('table'))
    .addHelpText(
      'after',
      '\nExamples:\n  $ ASSAY_API_KEY=assay_… assay key usage --router https://ask.assay.example/v1\n' +
        '  $ assay key usage --all --key-file admin.key --from 2026-03-01 --to 2026-03-31 --format csv > march.csv',
    )
    .action(async (options) => exit(await (await import('./usage-command.ts')).usageCommand(options)));
}
