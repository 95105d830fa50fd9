/** The `assay bench router` command. */
import type { CommandContext } from '@assay/cli/commands/command-context';
import { countBetween } from '@assay/cli/commands/count-between';
import type { Command } from 'commander';

/** Adds the command. */
export function addRouterCommand(bench: Command, { signal, exit }: CommandContext): void {
  bench
    .command('router')
    .description("tasks a second at the gateway beside a bare handler, and what the Router adds to a miner's answer")
    .option('--rounds <n>', 'rounds, after one that does not count', countBetween(1, 100), 5)
    .option('--requests <n>', 'tasks of a round', countBetween(10, 1_000_000), 2_000)
    .option('--clients <n>', 'requests at once', countBetween(1, 1_000), 32)
    .option('--questions <n>', 'questions, for each way to ask', countBetween(3, 10_000), 100)
    .option('--json', 'print one JSON object', false)
    .addHelpText(
      'after',
      '\nExamples:\n  $ assay bench router\n  $ assay bench router --rounds 3 --requests 500 --json',
    )
    .action(async (options) => {
      const { benchRouter } = await import('./router.ts');
      exit(await benchRouter({ ...options, signal }));
    });
}
