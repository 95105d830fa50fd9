/** The command `mcp`. Its code is loaded when it runs. */
import type { Command } from 'commander';
import type { CommandContext } from '../commands/command-context.ts';
import { countBetween } from '../commands/count-between.ts';
import { addressOption, urlOption, urlsOption } from '../program/place-options.ts';

/** Adds it. */
export function addAgentCommands(program: Command, { signal, exit }: CommandContext): void {
  program
    .command('mcp')
    .description('serve tools for agents (Model Context Protocol): ask, judge, explain, verify')
    .option(
      '--port <n>',
      'serve over HTTP on loopback; 0: any free port; without this option, on stdin and stdout',
      countBetween(0, 65_535),
    )
    .option('--router <url>', 'base URL of the Router, for asking; by default the one of this folder', urlOption)
    .option('--gateway <url>', 'gateway; by default the one of this folder', urlOption)
    .option('--rpc <url>', 'JSON-RPC endpoint of the chain that certificates are verified against', urlsOption)
    .option('--hub <address>', 'AssayHub contract', addressOption)
    .option('--registry <address>', 'ValidatorRegistry contract', addressOption)
    .option('--timeout <seconds>', 'how long a tool waits for verdicts', countBetween(1, 600), 120)
    .addHelpText(
      'after',
      '\nExamples:\n  $ assay mcp                                    # how an agent starts it\n' +
        '  $ assay mcp --port 7300\n  $ ASSAY_API_KEY=assay_… assay mcp --gateway https://assay.example --rpc https://rpc.example --hub 0x… --registry 0x…',
    )
    .action(async (options) => {
      const { mcpCommand } = await import('./mcp-command.ts');
      exit(await mcpCommand({ ...options, signal }));
    });
}
