/** The commands that install a network on a chain and change it there. Their code is loaded when they run. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { CommandContext } from '../commands/command-context.ts';
import { countBetween } from '../commands/count-between.ts';
import { chainPresets } from '../install/chain-presets.ts';
import { addressOption, urlOption, urlsOption } from './place-options.ts';

const secondsMax = 4_000_000_000;

/** Adds them. */
export function addInstallCommands(program: Command, context: CommandContext): void {
  addInit(program, context);
  addDeploy(program, context);
  addOperator(program, context);
  addEpoch(program, context);
}

/** Options of every command that sends transactions. */
export const paid = (command: Command): Command =>
  command
    .requiredOption('--rpc <url>', 'JSON-RPC endpoint of the chain; several with commas', urlsOption)
    .option('--dry-run', 'show the steps, their gas and what they cost; send nothing', false)
    .option('--confirm', 'send the transactions of the steps that are not done', false)
    .option('--key-file <file>', 'key of the account that pays; by default the admin of the folder')
    .option('--password-file <file>', 'password of that key file, if it is encrypted')
    .option('--signer-url <url>', 'URL of a remote signer (Web3Signer API) that holds the key instead', urlOption)
    .option('--signer-address <address>', 'account whose key the remote signer holds', addressOption)
    .option('--json', 'print one JSON object', false);

function addInit(program: Command, { exit }: CommandContext): void {
  const network = program.command('network').description('install a network on a chain');
  addSecrets(network, exit);
  network
    .command('init')
    .description(
      'create the folder of a new network with keys and policies, and print the next steps; safe to run again',
    )
    .argument('<folder>')
    .addOption(
      new Option('--chain <name>', 'the chain').choices(chainPresets.map(({ name }) => name)).makeOptionMandatory(),
    )
    .option('--operators <n>', 'operators that get a key here', countBetween(0, 16), 4)
    .option('--operator-address <address...>', 'operators that keep their keys elsewhere', addressesOption, [])
    .option('--aggregators <n>', 'aggregators, each with its own account', countBetween(1, 8), 1)
    .addOption(
      new Option(
        '--certificates <scheme>',
        'signature scheme of certificates; by default the cheaper one: bls with more than 40 operators',
      ).choices(['ecdsa', 'bls']),
    )
    .option('--epoch-seconds <n>', 'how long an epoch lasts at least; by default a day', countBetween(1, secondsMax))
    .option(
      '--grace-seconds <n>',
      'how long the previous epoch is still served; by default an hour',
      countBetween(1, secondsMax),
    )
    .option('--policies <file>', 'policy file other than the shipped one')
    .option('--signed', 'accept only answers that their miner has signed, as the production overlay does', false)
    .option('--password-file <file>', 'file with the password of the key files; made in the folder by default')
    .option('--dry-run', 'print what would be created', false)
    .option('--json', 'print one JSON object', false)
    .addHelpText(
      'after',
      '\nExamples:\n  $ assay network init my-network --chain sepolia\n  $ assay network init my-network --chain base --operators 0 --operator-address 0x… 0x…',
    )
    .action(async (folder: string, options) => {
      const { networkInitCommand } = await import('../install/network-init-command.ts');
      exit(await networkInitCommand(folder, options));
    });
}

function addSecrets(network: Command, exit: CommandContext['exit']): void {
  network
    .command('secrets')
    .description(
      'print the Secrets and config maps of a network in one namespace of Kubernetes, for kubectl apply -f -',
    )
    .argument('<folder>', 'made by "assay network init" with one operator; its contracts are deployed')
    .option('--namespace <name>', 'where its pods run', 'assay')
    .addHelpText('after', '\nExample:\n  $ assay network secrets my-network | kubectl apply -f -')
    .action(async (folder: string, options) => {
      const { secretsCommand } = await import('../install/cluster-command.ts');
      exit(await secretsCommand(folder, options));
    });
}

function addDeploy(program: Command, { exit }: CommandContext): void {
  paid(
    program
      .command('contracts')
      .description('deploy the contracts of a network')
      .command('deploy')
      .description(
        'deploy the contracts and publish the oracle-key-participant’s key; run it again to continue after a failure',
      )
      .argument('<folder>', 'made by "assay network init"'),
  )
    .addHelpText(
      'after',
      '\nExamples:\n  $ assay contracts deploy my-network --rpc https://… --dry-run\n  $ assay contracts deploy my-network --rpc https://… --confirm',
    )
    .action(async (folder: string, options) => {
      const { deployCommand } = await import('../install/network-commands.ts');
      exit(await deployCommand(folder, options));
    });
}

function addOperator(program: Command, { exit }: CommandContext): void {
  const operator = program.command('operator').description('add, remove or restake the operators of a network');
  paid(
    operator
      .command('add')
      .description('list operators and stake for them; they count from the next epoch')
      .argument('<folder>')
      .argument('[address]', 'one operator; without it all of the folder', addressOption),
  )
    .addOption(
      new Option('--stake <n>', 'stake of each operator, in the token’s smallest unit')
        .argParser(amountOption)
        .default(1n, '1'),
    )
    .option('--consent <signature>', 'signature of an operator whose key is not in the folder')
    .addHelpText('after', '\nExample:\n  $ assay operator add my-network --rpc https://… --stake 1000 --confirm')
    .action(async (folder: string, address: `0x${string}` | undefined, options) => {
      const { addOperatorCommand } = await import('../install/network-commands.ts');
      exit(await addOperatorCommand(folder, address, options));
    });
  paid(
    operator
      .command('stake')
      .description('raise an operator’s stake to a total')
      .argument('<folder>')
      .argument('<address>', 'the operator', addressOption)
      .argument('<total>', 'in the token’s smallest unit', amountOption),
  )
    .addHelpText('after', '\nExample:\n  $ assay operator stake my-network 0x… 2000 --rpc https://… --confirm')
    .action(async (folder: string, address: `0x${string}`, total: bigint, options) => {
      const { stakeCommand } = await import('../install/network-commands.ts');
      exit(await stakeCommand(folder, address, total, options));
    });
  paid(
    operator
      .command('remove')
      .description('give up an operator’s seat and remove it from the list; it counts until the epoch is over')
      .argument('<folder>')
      .argument('<address>', 'the operator', addressOption),
  )
    .addHelpText('after', '\nExample:\n  $ assay operator remove my-network 0x… --rpc https://… --confirm')
    .action(async (folder: string, address: `0x${string}`, options) => {
      const { removeOperatorCommand } = await import('../install/network-commands.ts');
      exit(await removeOperatorCommand(folder, address, options));
    });
}

function addEpoch(program: Command, { exit }: CommandContext): void {
  paid(
    program
      .command('epoch')
      .description('start the epochs of a network')
      .command('start')
      .description('start the next epoch, with the stakes and the announced policies')
      .argument('<folder>'),
  )
    .option('--number <n>', 'only if this epoch has not started', countBetween(1, secondsMax))
    .addHelpText('after', '\nExample:\n  $ assay epoch start my-network --rpc https://… --number 1 --confirm')
    .action(async (folder: string, options) => {
      const { startEpochCommand } = await import('../install/network-commands.ts');
      exit(await startEpochCommand(folder, options.number, options));
    });
}

function addressesOption(text: string, before: readonly string[]): string[] {
  return [...before, addressOption(text)];
}

function amountOption(text: string): bigint {
  if (!/^[1-9]\d{0,27}$/.test(text)) throw new InvalidArgumentError('It must be a whole number above zero.');
  return BigInt(text);
}
