/** The command `cost`. Its code is loaded when it runs. */
import { limits } from '@assay/protocol/limits';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { CommandContext } from '../commands/command-context.ts';
import { countBetween } from '../commands/count-between.ts';
import { chainPresets } from '../install/chain-presets.ts';
import { urlsOption } from '../program/place-options.ts';

/** Adds it. */
export function addCostCommand(program: Command, { exit }: CommandContext): void {
  program
    .command('cost')
    .description('estimate what a month of operating a network costs')
    .addOption(
      new Option('--chain <name>', 'preset of the chain')
        .choices(chainPresets.map(({ name }) => name))
        .makeOptionMandatory(),
    )
    .requiredOption('--verdicts-per-day <n>', 'verdicts of all tasks', countBetween(1, 1_000_000_000))
    .option('--submissions <n>', 'answers that a task has', countBetween(1, 32), 3)
    .option('--batch <n>', 'tasks that a posted batch has on average', countBetween(1, limits.batchReportsMax), 256)
    .option('--epoch-hours <n>', 'length of an epoch', countBetween(1, 8_760), 24)
    .option('--operators <n>', 'operators, of equal weight', countBetween(1, 128), 11)
    .addOption(new Option('--certificates <kind>', 'kind of certificate').choices(['ecdsa', 'bls']).default('ecdsa'))
    .option('--rpc <url>', 'read the prices of gas and data from this endpoint of the chain', urlsOption)
    .option('--gas-price <gwei>', 'price of gas', price)
    .option('--data-price <gwei>', 'rollups: fee for a byte on Ethereum', price)
    .requiredOption('--coin-price <amount>', "price of the chain's coin, in your currency", price)
    .option('--task-rate <n>', 'tasks a second of one replica of the slowest role; measure yours', price, 15)
    .option('--peak <factor>', 'the busiest hour, as a multiple of the mean', price, 3)
    .option('--replica-price <amount>', 'price of a replica for a month', price, 0)
    .option('--aggregators <n>', 'replicas of the aggregator', countBetween(1, 128), 2)
    .option('--task-bytes <n>', 'prompt and answers of a task', countBetween(1, 100_000_000), 8_192)
    .option('--storage-price <amount>', 'price of a GB for a month', price, 0)
    .option('--json', 'print one JSON object', false)
    .addHelpText(
      'after',
      '\nExamples:\n  $ assay cost --chain ethereum --verdicts-per-day 100000 --gas-price 1 --coin-price 3000\n' +
        '  $ assay cost --chain base --verdicts-per-day 1000000 --batch 1024 --rpc https://… --coin-price 3000 --json\n' +
        '  $ assay cost --chain ethereum --operators 64 --certificates bls --verdicts-per-day 100000 --gas-price 1 --coin-price 3000 --replica-price 30 --storage-price 0.1',
    )
    .action(async (options) => exit(await (await import('./cost-command.ts')).costCommand(options)));
}

/** A number of 0 or more. */
function price(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value >= 0) return value;
  throw new InvalidArgumentError('It must be a number of 0 or more.');
}
