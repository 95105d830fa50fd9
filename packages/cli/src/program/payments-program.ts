/** The commands about payment by verdict. Their code is loaded when they run. */
import type { Command } from 'commander';
import type { CommandContext } from '../commands/command-context.ts';
import { addressOption, paid } from './install-program.ts';

/** Adds them. */
export function addPaymentCommands(program: Command, { exit }: CommandContext): void {
  paid(
    program
      .command('payments')
      .description('payment by verdict')
      .command('deploy')
      .description('deploy the contract that a Router is paid through. Run again, it goes on where it stopped')
      .argument('<folder>', 'made by "assay network init", with its contracts on the chain')
      .requiredOption('--token <address>', 'token that is paid with; it needs EIP-3009, as USDC has it', addressOption),
  )
    .addHelpText(
      'after',
      '\nExamples:\n  $ assay payments deploy my-network --rpc https://… --token 0x… --dry-run\n  $ assay payments deploy my-network --rpc https://… --token 0x… --confirm',
    )
    .action(async (folder: string, options) => {
      const { deployPaymentsCommand } = await import('../install/payments-command.ts');
      exit(await deployPaymentsCommand(folder, options));
    });
}
