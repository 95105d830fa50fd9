/** The commands about payment by verdict. Their code is loaded when they run. */
import type { Command } from 'commander';
import type { CommandContext } from '../commands/command-context.ts';
import { paid } from './install-program.ts';
import { addressOption } from './place-options.ts';

/** Adds them. */
export function addPaymentCommands(program: Command, { exit }: CommandContext): void {
  paid(
    program
      .command('payments')
      .description('deploy the contract for payment by verdict')
      .command('deploy')
      .description('deploy the contract for payments to a Router; run it again to continue after a failure')
      .argument('<folder>', 'made by "assay network init", with its contracts on the chain')
      .requiredOption('--token <address>', 'token of the payments; it needs EIP-3009, as USDC has it', addressOption),
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
