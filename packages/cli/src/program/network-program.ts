/** The commands that start a local network or use a running one. Their code is loaded when they run. */
import type { Command } from 'commander';
import type { CommandContext } from '../commands/command-context.ts';
import { countBetween } from '../commands/count-between.ts';
import { urlsOption } from './place-options.ts';

/** How large a network is, and in which form its command answers. */
export const networkSize = (command: Command, operators = 4) =>
  command
    .option('--operators <n>', 'operators, each with a validator of every role', countBetween(1, 16), operators)
    .option('--replicas <n>', 'processes of each operator and role', countBetween(1, 8), 1)
    .option('--json', 'print one JSON object at the end instead of the readable output', false);

/** Adds them. */
export function addNetworkCommands(program: Command, context: CommandContext): void {
  addUp(program, context);
  addDev(program, context);
  addService(program, context);
}

const standing = (command: Command) =>
  networkSize(command)
    .option('--aggregators <n>', 'consensus aggregators', countBetween(1, 8), 2)
    .option('--policies <file>', 'policy file other than the shipped one')
    .option('--port <n>', 'port of the gateway; 0: any free one', countBetween(0, 65_535), 0)
    .option('--api-keys', 'require API keys, at the gateway and at the Router', false)
    .option('--paid', 'let the Router require payments in trial dollars, on the chain that this starts', false)
    .option('--no-router', 'without the Router and its three stand-in miners');

function addUp(program: Command, { signal, exit }: CommandContext): void {
  standing(program.command('up').description('start a local network and keep it up until Ctrl-C'))
    .option('--network <folder>', 'start the services of a network whose contracts are deployed (docs/install.md)')
    .option('--rpc <url>', 'JSON-RPC endpoint of that chain', urlsOption)
    .addHelpText(
      'after',
      '\nExamples:\n  $ assay up\n  $ assay up --operators 7 --replicas 2 --port 8080\n  $ assay up --network my-network --rpc https://… --no-router',
    )
    .action(async (options) => {
      const { upCommand } = await import('../commands/up-command.ts');
      exit(await upCommand({ ...options, watch: false, signal }));
    });
}

function addDev(program: Command, { signal, exit }: CommandContext): void {
  standing(program.command('dev').description('like up, and restart the services whose sources change'))
    .addHelpText('after', '\nExamples:\n  $ assay dev\n  $ assay dev --operators 1')
    .action(async (options) => {
      const { upCommand } = await import('../commands/up-command.ts');
      exit(await upCommand({ ...options, watch: true, signal }));
    });
}

function addService(program: Command, { signal, exit }: CommandContext): void {
  program
    .command('service')
    .description('run one service of the running network in the foreground, instead of the network’s own process')
    .argument('<name>', 'a service such as semantic-validator, or a process such as operator-2-semantic-0')
    .option('--operator <n>', 'index of the operator, from 0', countBetween(0, 15))
    .option('--replica <n>', 'index of the process among several, from 0', countBetween(0, 15))
    .option('--inspect [address]', 'let a debugger attach at [host:]port')
    .option('--inspect-brk [address]', 'the same, and wait for it')
    .addHelpText(
      'after',
      '\nExamples:\n  $ assay service semantic-validator --operator 2 --inspect\n  $ LOG_LEVEL=debug assay service gateway\n  $ assay service aggregator-1 --inspect-brk 9230',
    )
    .action(async (name: string, options) => {
      const { serviceCommand } = await import('../commands/service-command.ts');
      exit(await serviceCommand(name, { ...options, signal }));
    });
}
