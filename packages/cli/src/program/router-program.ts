/** The commands around the Router: `miner`, `router`. Their code is loaded when they run. */
import type { Command } from 'commander';
import type { CommandContext } from '../commands/command-context.ts';
import { countBetween } from '../commands/count-between.ts';
import { urlOption } from './place-options.ts';

/** Adds them. */
export function addRouterCommands(program: Command, { signal, exit }: CommandContext): void {
  program
    .command('miner')
    .description('serve a model’s signed answers to Routers, on the loopback interface')
    .requiredOption('--key-file <file>', 'private key (mode 0600) of the miner')
    .option('--upstream <url>', 'base URL of an OpenAI-compatible API, such as http://127.0.0.1:8000/v1', urlOption)
    .option('--upstream-key-file <file>', 'file (mode 0600) with the API key of the upstream')
    .option('--stand-in', 'use a stand-in that can only calculate, for trials', false)
    .option('--port <n>', 'port; 0: any free one', countBetween(0, 65_535), 0)
    .option('--gateway <url>', 'gateway of the network to sign for; by default the one of this folder', urlOption)
    .addHelpText(
      'after',
      '\nExamples:\n  $ assay miner --upstream http://127.0.0.1:8000/v1 --key-file miner.key\n  $ assay miner --stand-in --key-file miner.key --port 9001',
    )
    .action(async (options) => {
      const { minerCommand } = await import('../commands/miner-command.ts');
      exit(await minerCommand({ ...options, signal }));
    });

  program
    .command('router')
    .description('run the Router, an OpenAI-compatible API, for the network that was started from this folder')
    .requiredOption('--miners <file>', 'JSON file with the registered miner endpoints')
    .option('--port <n>', 'port; 0: any free one', countBetween(0, 65_535), 0)
    .option('--policy <name>', 'policy to judge by', 'standard')
    .addHelpText('after', '\nExample:\n  $ assay router --miners miners.json --port 8800')
    .action(async (options) => {
      const { routerCommand } = await import('../commands/router-command.ts');
      exit(await routerCommand({ ...options, signal }));
    });
}
