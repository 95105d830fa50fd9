/**
 * The commands that prepare servers for services: `set-up`, `provision`, `bls-key`, `journal create`. Their code is
 * loaded when they run.
 */
import { limits } from '@assay/protocol/limits';
import { type Command, Option } from 'commander';
import type { CommandContext } from '../commands/command-context.ts';
import { countBetween } from '../commands/count-between.ts';
import { addressOption, urlOption, urlsOption } from './place-options.ts';

const storage = 'size of all streams together on NATS’s disk, such as 80GiB; by default NATS_STORAGE';

/** Adds them. */
export function addDeploymentCommands(program: Command, { exit }: CommandContext): void {
  program
    .command('set-up')
    .description('prepare a fresh local chain and NATS for services that run elsewhere: keys, contracts, streams')
    .requiredOption('--keys <folder>', 'folder for the key files')
    .requiredOption('--rpc <url>', 'JSON-RPC endpoint of a fresh anvil', urlsOption)
    .option('--servers <urls>', 'NATS servers; by default NATS_URL')
    .option('--storage <size>', storage)
    .option('--operators <n>', 'operators', countBetween(1, 16), 1)
    .option('--committee <n>', 'draw a committee of this size from the operators, by stake', countBetween(1, 16))
    .option('--aggregators <n>', 'aggregators, each with its own transmitter account', countBetween(1, 8), 1)
    .addOption(
      new Option(
        '--certificates <scheme>',
        'signature scheme of certificates; bls is cheaper from about 40 operators on',
      )
        .choices(['ecdsa', 'bls'])
        .default('ecdsa'),
    )
    .option('--owner <uid>', 'user id that owns the key files', countBetween(0, 4_000_000_000))
    .addHelpText(
      'after',
      '\nExample:\n  $ assay set-up --keys ./keys --rpc http://127.0.0.1:8545 --servers nats://127.0.0.1:4222',
    )
    .action(async (options) => {
      const { setUpCommand } = await import('../commands/set-up-command.ts');
      exit(await setUpCommand(options, process.env));
    });

  program
    .command('provision')
    .description('create the streams, buckets and durable consumers of a network on NATS; safe to run again')
    .requiredOption('--operators-file <file>', 'JSON array of the operators’ addresses')
    .option('--servers <urls>', 'NATS servers; by default NATS_URL')
    .option('--copies <n>', 'copies of each stream; by default NATS_REPLICAS, or 1', countBetween(1, 5))
    .option('--storage <size>', storage)
    .option(
      '--content-hours <n>',
      'hours after which content is deleted, 24 for a new network; by default CONTENT_AGE_HOURS, or as it is',
      countBetween(1, limits.streamAgeMsMax / 3_600_000),
    )
    .option('--password-file <file>', 'file with the password of the user "provisioner"')
    .option('--ca-file <file>', 'CA certificates for NATS; switches TLS on')
    .addHelpText(
      'after',
      '\nExample:\n  $ assay provision --servers nats://nats:4222 --operators-file operators.json --copies 3',
    )
    .action(async (options) => {
      const { provisionCommand } = await import('../commands/provision-command.ts');
      exit(await provisionCommand(options, process.env));
    });

  addBlsKey(program, exit);

  addJournal(program, exit);
}

function addJournal(program: Command, exit: CommandContext['exit']): void {
  program
    .command('journal')
    .description('create the signing journal of an operator: its own record of what it signed')
    .command('create')
    .description('create a signing journal; refuses to replace one')
    .argument('<place>', 'folder on a local disk, or nats://host:4222 of a NATS that the operator runs itself')
    .option(
      '--from-epoch <n>',
      'first epoch to sign for; after a loss, the next epoch',
      countBetween(0, 4_000_000_000),
      0,
    )
    .option('--copies <n>', 'copies that NATS keeps', countBetween(1, 5), 1)
    .option('--user <name>', 'user in NATS', 'signing-journal')
    .option('--password-file <file>', 'file with the password of that user')
    .option('--ca-file <file>', 'CA certificates for NATS; switches TLS on')
    .addHelpText(
      'after',
      '\nExamples:\n  $ assay journal create /var/lib/assay/journal\n  $ assay journal create nats://nats:4222 --copies 3\n  $ assay journal create /var/lib/assay/journal --from-epoch 8',
    )
    .action(async (place: string, options) => {
      const { journalCommand } = await import('../commands/journal-command.ts');
      exit(await journalCommand(place, options));
    });
}

function addBlsKey(program: Command, exit: CommandContext['exit']): void {
  program
    .command('bls-key')
    .description('print the BLS key of an operator, and the call that registers it for the next epoch')
    .option('--key-file <file>', 'key (mode 0600) of the operator')
    .option('--password-file <file>', 'password of that key file, if it is encrypted')
    .option('--signer-url <url>', 'signer that holds the key instead, with the API of Web3Signer', urlOption)
    .option('--signer-address <address>', 'the operator, whose key the signer holds', addressOption)
    .requiredOption('--chain-id <n>', 'chain of the contracts', countBetween(1, Number.MAX_SAFE_INTEGER))
    .requiredOption('--registry <address>', 'BlsKeyRegistry contract', addressOption)
    .option('--version <n>', 'how many keys the operator has registered before', countBetween(0, 1_000_000), 0)
    .addHelpText(
      'after',
      '\nExamples:\n  $ assay bls-key --key-file operator.key --chain-id 1 --registry 0x…\n  $ assay bls-key --signer-url http://127.0.0.1:9000 --signer-address 0x… --chain-id 1 --registry 0x…',
    )
    .action(async (options) => {
      const { blsKeyCommand } = await import('../commands/bls-key-command.ts');
      exit(await blsKeyCommand(options));
    });
}
