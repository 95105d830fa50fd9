/** The command `calibration-data`. Its code is loaded when it runs. */
import type { Command } from 'commander';
import type { CommandContext } from '../commands/command-context.ts';

/** Adds it. */
export function addCalibrationDataCommand(program: Command, { signal, exit }: CommandContext): void {
  program
    .command('calibration-data')
    .description('download and prepare the public data to which the shipped policies are fitted')
    .argument('[folder]', 'where the files go', 'calibration-data')
    .option('--from <folder>', 'read the sources from clones in this folder, not from GitHub')
    .addHelpText('after', help)
    .action(async (folder: string, { from }: { from?: string }) => {
      const [{ calibrationDataCommand }, { rawFiles }, { systemClock }] = await Promise.all([
        import('./calibration-data-command.ts'),
        import('./sources.ts'),
        import('@assay/adapters/process/system-clock'),
      ]);
      exit(await calibrationDataCommand(folder, { clones: from, host: rawFiles, clock: systemClock, signal }));
    });
}

const help = `
The files are fit.jsonl (from Arena-Hard v0.1) and factual-dev.jsonl (from EVOUNA-NQ); both sources are under
Apache-2.0. Sources and files are known by digest, so the same bytes come out anywhere. See docs/calibration.md.

Examples:
  $ assay calibration-data
  $ assay calibration-data /tmp/data --from ~/clones     # ~/clones/arena-hard-auto and ~/clones/QA-Eval`;
