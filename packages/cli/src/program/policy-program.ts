/** The commands about a network's policies. Their code is loaded when they run. */
import type { Command } from 'commander';
import type { CommandContext } from '../commands/command-context.ts';
import { paid } from './install-program.ts';

/** Adds them. */
export function addPolicyCommands(program: Command, { exit }: CommandContext): void {
  const policy = program.command('policy').description('pin, announce and activate the policies of a network');
  policy
    .command('pin')
    .description(
      'write into a policy file which checks it is for, and print its digest, which an epoch states on chain',
    )
    .argument('[file]', 'policy file; by default the shipped one. Digests that it already pins stay')
    .option('--out <file>', 'where to write it; without it only the digest is printed')
    .option('--json', 'print one JSON object', false)
    .addHelpText(
      'after',
      '\nExamples:\n  $ assay policy pin\n  $ assay policy pin deploy/policies.json --out policies-8.json',
    )
    .action(async (file: string | undefined, options) => {
      const { pinCommand } = await import('../install/pin-command.ts');
      exit(await pinCommand(file, options));
    });
  paid(
    policy
      .command('propose')
      .description('announce the policies of the next epoch; first give the file to every operator')
      .argument('<folder>', 'made by "assay network init"')
      .argument('<file>', 'policy file, pinned'),
  )
    .addHelpText('after', '\nExample:\n  $ assay policy propose my-network policies-8.json --rpc https://… --confirm')
    .action(async (folder: string, file: string, options) => {
      const { proposePoliciesCommand } = await import('../install/network-commands.ts');
      exit(await proposePoliciesCommand(folder, file, options));
    });
  paid(
    policy
      .command('activate')
      .description('start the epoch that has the announced policies')
      .argument('<folder>', 'made by "assay network init"'),
  )
    .addHelpText('after', '\nExample:\n  $ assay policy activate my-network --rpc https://… --confirm')
    .action(async (folder: string, options) => {
      const { activatePoliciesCommand } = await import('../install/network-commands.ts');
      exit(await activatePoliciesCommand(folder, options));
    });
}
