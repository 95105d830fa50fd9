/** The commands `assay equivocation` and `assay watchtower`. */
import { roles } from '@assay/protocol/observation/role';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { CommandContext } from '../commands/command-context.ts';
import { countBetween } from '../commands/count-between.ts';
import { addressOption, busOptions, contractOptions } from '../program/place-options.ts';

const messagesDefault = 4_096;

/** Adds `equivocation`. */
export function addEquivocationCommand(program: Command, { signal, exit }: CommandContext): void {
  const command = program
    .command('equivocation')
    .description('find two conflicting observations that an operator signed for one task, and report them on chain')
    .requiredOption('--task <id>', 'task: 0x and 64 hexadecimal digits')
    .requiredOption('--operator <address>', 'operator that signed', addressOption)
    .addOption(new Option('--role <role>', 'one role only').choices(roles));
  contractOptions(busOptions(command))
    .option('--slashing <address>', 'Slashing contract; with --key-file the evidence is sent to it', addressOption)
    .option('--key-file <file>', 'private key (mode 0600) of the account that pays the gas and gets the reward')
    .option('--execute', 'execute a reported case after its dispute window', false)
    .option('--messages <n>', 'maximum number of messages to read', countBetween(2, 1_000_000), messagesDefault)
    .option('--json', 'print one JSON object', false)
    .addHelpText('after', help)
    .action(async (options) => {
      const { equivocationCommand } = await import('../commands/equivocation-command.ts');
      exit(await Promise.race([equivocationCommand(options, process.env), rejection(signal)]));
    });
}

/** Adds `watchtower`. */
export function addWatchtowerCommand(program: Command, { signal, exit }: CommandContext): void {
  const command = program
    .command('watchtower')
    .description('watch all observations, and report each equivocation to the slashing contract, up to a maximum cost');
  contractOptions(busOptions(command), 'policy file, or a folder with one for each version')
    .option('--slashing <address>', 'Slashing contract; without it and --key-file nothing is sent', addressOption)
    .option('--key-file <file>', 'private key (mode 0600) of the account that pays the gas and gets the rewards')
    .addOption(
      new Option('--spend-max <amount>', 'highest cost of all reports together, in the chain’s coin')
        .argParser(coins(18))
        .default(10n ** 17n, '0.1'),
    )
    .addOption(
      new Option('--fee-cap <gwei>', 'highest price of a unit of gas')
        .argParser(coins(9))
        .default(100n * 10n ** 9n, '100'),
    )
    .option('--json', 'print one JSON object for each event', false)
    .addHelpText('after', watchtowerHelp)
    .action(async (options) => {
      const { watchtowerCommand } = await import('./watchtower-command.ts');
      exit(await watchtowerCommand(options, process.env, signal));
    });
}

/** A decimal amount with so many places, in the smallest unit. */
function coins(places: number): (text: string) => bigint {
  return (text) => {
    const [, whole, part = ''] = /^(\d{1,18})(?:\.(\d+))?$/.exec(text) ?? [];
    if (whole === undefined || part.length > places)
      throw new InvalidArgumentError(`It must be a decimal number with at most ${places} places.`);
    return BigInt(whole + part.padEnd(places, '0'));
  };
}

/** Rejects if the signal aborts: a transaction without funds waits for a minute, and Ctrl-C must end that. */
function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

const watchtowerHelp = `
Anyone who may read OBSERVATIONS can run it, also several at once: the first report of a case counts, and the contract
refuses the others. It runs until it is stopped. See docs/runbooks/AssayEquivocation.md.

Example:
  $ assay watchtower --nats nats://nats:4222 --password-file auditor.password --rpc https://… --hub 0x… --registry 0x… --slashing 0x… --key-file reporter.key --spend-max 0.05`;

const help = `
Without --slashing and --key-file nothing is sent. The exit code is 0 if there is evidence (and it was sent, or
the case executed, if requested), 1 if not, and 2 for wrong use. See docs/runbooks/AssayEquivocation.md.

Examples:
  $ assay equivocation --task 0x5f…c2 --operator 0x8d…10 --nats nats://127.0.0.1:4222 --password-file auditor.password --rpc http://127.0.0.1:8545 --hub 0x… --registry 0x… --policies policies.json
  $ assay equivocation … --slashing 0x… --key-file reporter.key
  $ assay equivocation … --slashing 0x… --key-file reporter.key --execute`;
