/** The `assay bench consensus` command. */

import { countBetween } from '@assay/cli/commands/count-between';
import type { Command } from 'commander';
import { modes } from './consensus-modes.ts';

/** Adds the command to `bench`. */
export function addConsensusCommand(
  bench: Command,
  { signal, exit }: { readonly signal: AbortSignal; readonly exit: (code: number) => void },
): void {
  bench
    .command('consensus')
    .description('time from a task to its certificate without model and chain, against bare JetStream')
    .option('--runs <n>', 'runs of each measurement; medians and spread are printed', countBetween(1, 25), 3)
    .option('--seconds <n>', 'seconds of each run', countBetween(1, 600), 10)
    .option('--submissions <n>', 'submissions of each task', countBetween(1, 32), 7)
    .option('--mode <name...>', `only these: ${modes.map(({ name }) => name).join(', ')}`)
    .option('--batch-wait <ms>', 'how long a report waits for others in its batch', countBetween(1, 10_000), 20)
    .option('--profile <folder>', 'write a CPU profile of each process of the network')
    .option('--json', 'print one JSON object', false)
    .addHelpText(
      'after',
      '\nExamples:\n  $ assay bench consensus\n  $ assay bench consensus --mode well --runs 1 --json',
    )
    .action(async ({ mode, ...options }) => {
      const { benchConsensus } = await import('./consensus.ts');
      exit(await benchConsensus({ ...options, modes: mode, signal }));
    });
}
