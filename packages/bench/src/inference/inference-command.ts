/** The `assay bench inference` command. */
import type { CommandContext } from '@assay/cli/commands/command-context';
import { countBetween } from '@assay/cli/commands/count-between';
import type { Command } from 'commander';
import type { InferenceOptions } from './inference.ts';

/** Adds the command. */
export function addInferenceCommand(bench: Command, { signal, exit }: CommandContext): void {
  bench
    .command('inference')
    .description("how well texts of a model are told from other models' texts; needs endpoints with language models")
    .argument('<plan.json>', 'endpoints of the claimed model and of others, and the chat template (docs/inference.md)')
    .option('--texts <n>', 'texts of each kind', countBetween(1, 100_000), 16)
    .option('--honest <n>', 'texts of the claimed model', countBetween(1, 100_000), 40)
    .option('--tokens <n>', 'tokens of a text, at most', countBetween(8, 4_096), 140)
    .option('--likeliest <n>', 'most likely tokens of each place that are told apart', countBetween(1, 96), 16)
    .option('--prompts <file>', "labelled tasks to write to; the demo's if absent")
    .option('--only <kinds...>', 'kinds of texts to write now; the figures are of all in the file')
    .option('--keep <file>', 'texts and scores, one JSON object a line; a later run goes on from it', 'inference.jsonl')
    .option('--json', 'print one JSON object', false)
    .addHelpText(
      'after',
      '\nExamples:\n  $ assay bench inference plan.json\n  $ assay bench inference plan.json --texts 100 --json',
    )
    .action(async (file: string, options: InferenceOptions) => {
      const { benchInference } = await import('./inference.ts');
      exit(await benchInference(file, options, signal));
    });
}
