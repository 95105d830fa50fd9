/** The `assay bench judge` command. */
import type { CommandContext } from '@assay/cli/commands/command-context';
import { countBetween } from '@assay/cli/commands/count-between';
import type { Command } from 'commander';
import type { JudgeOptions } from './judge.ts';

/** Adds the command. */
export function addJudgeCommand(bench: Command, { signal, exit }: CommandContext): void {
  bench
    .command('judge')
    .description('how well a language model grades labelled answers, and its calibration; needs LANGUAGE_MODELS_FILE')
    .argument('<file>', 'labelled tasks, one JSON object a line')
    .requiredOption('--policies <file>', 'policy file with rules for the role llm-judge')
    .option('--policy <name>', 'policy in that file', 'standard')
    .option('--tasks <n>', 'tasks from the beginning of the file', countBetween(1, 100_000), 50)
    .option('--wordings <file>', 'texts labelled attack, embedded_instruction and benign, to put behind honest answers')
    .option('--json', 'print one JSON object', false)
    .addHelpText(
      'after',
      '\nExamples:\n  $ assay bench judge test/fixtures/tasks.jsonl --policies judged.json --tasks 20',
    )
    .action(async (file: string, options: JudgeOptions) => {
      const { benchJudge } = await import('./judge.ts');
      exit(await benchJudge(file, options, signal));
    });
}
