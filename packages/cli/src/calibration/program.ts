/** The `assay calibrate` command. */
import { type Command, InvalidArgumentError } from 'commander';
import type { CommandContext } from '../commands/command-context.ts';

/** Adds `calibrate`. */
export function addCalibrateCommand(program: Command, { signal, exit }: CommandContext): void {
  program
    .command('calibrate')
    .description('fit the policies to labelled tasks, for the selected embedding model')
    .argument('<files...>', 'labelled tasks, one JSON object a line')
    .requiredOption('--false-reject <share>', 'share of honest answers that may be rejected, in each file', shareOf)
    .option('--undecided <share>', 'share of honest answers that may be left undecided', shareOf, 0.06)
    .option('--out <file>', 'write the policy file')
    .option('--policies <file>', 'policy file to start from; default: the shipped one')
    .option('--policy <name>', 'policy in that file whose rules decide the verdicts', 'standard')
    .option('--attack <label...>', 'additional labels that name attacks', [])
    .option('--json', 'print one JSON object', false)
    .addHelpText('after', help)
    .action(async (files: string[], { attack, ...options }) => {
      const { calibrateCommand } = await import('../commands/calibrate-command.ts');
      exit(await calibrateCommand(files, { ...options, attacks: attack, signal }));
    });
}

const help = `
Labels say what a file is for: one with "wrong_answer" fits the head for short answers; one with honest answers and
attacks fits the borders, and its wrong_number, wrong_name and negation the head for contradictions.
MODEL_DIR and EMBEDDING_MODEL name the model. See docs/calibration.md.

Examples:
  $ assay calibrate answers.jsonl --false-reject 0.01 --out policies.json
  $ assay calibrate attacks.jsonl judged.jsonl --false-reject 0.005 --json
  $ EMBEDDING_MODEL=my-model assay calibrate test/fixtures/*.jsonl --false-reject 0.01 --out my-model.json`;

function shareOf(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && value <= 0.5) return value;
  throw new InvalidArgumentError('It must be a number from 0 to 0.5.');
}
