/** The commands `question ask`, `answer` and `show`. Their code is loaded when they run. */
import type { Hex } from '@assay/protocol/encoding/bytes';
import { limits } from '@assay/protocol/limits';
import type { Command } from 'commander';
import type { CommandContext } from '../commands/command-context.ts';
import { countBetween } from '../commands/count-between.ts';
import { idArgument, urlOption } from '../program/place-options.ts';

const daySeconds = 24 * 3_600;

/** Adds them. */
export function addQuestionCommands(program: Command, { exit }: CommandContext): void {
  const question = program.command('question').description('ask a question first, and let miners answer one by one');
  const withGateway = (command: Command) =>
    command
      .option('--gateway <url>', 'gateway; by default the one of this folder', urlOption)
      .option('--json', 'print one JSON object', false);

  withGateway(question.command('ask').description('ask a question and print its id, before anyone has answered'))
    .argument('<prompt>', 'what miners are asked; - reads it from standard input')
    .requiredOption('--reference <text>', 'your own name for the question: the same question again has the same id')
    .option('--policy <name>', 'policy that the answers are judged by', 'standard')
    .option('--for <seconds>', 'how long the question takes answers', countBetween(1, daySeconds), 60)
    .option('--until <time>', 'the time at which the question closes, such as 2026-11-29T12:00:00Z; instead of --for')
    .option(
      '--answers <n>',
      'close the question after this number of answers',
      countBetween(1, limits.submissionsMax),
      limits.submissionsMax,
    )
    .addHelpText(
      'after',
      '\nExamples:\n  $ assay question ask "What is the capital of France?" --reference france --answers 5\n' +
        '  $ assay question ask - --reference france --until 2026-11-29T12:00:00Z --json < prompt.txt',
    )
    .action(async (prompt: string, { for: seconds, ...options }) =>
      exit(await (await import('./question-commands.ts')).askCommand(prompt, { ...options, seconds })),
    );

  withGateway(question.command('answer').description('sign an answer to a question, hand it in, print the receipt'))
    .argument('<id>', 'of the question: 0x and 64 hexadecimal digits, as "assay question ask" prints', idArgument)
    .argument('<file>', 'the answer; - reads it from standard input')
    .requiredOption('--key-file <file>', 'file (mode 0600) with the miner’s key')
    .option('--commit', 'commit to the answer by its SHA-256', false)
    .option('--model-digest <digest>', 'the model that you say you ran')
    .addHelpText(
      'after',
      '\nKeep the receipt: it proves that your answer was taken.\n\nExamples:\n' +
        '  $ assay question answer 0x5f…c2 answer.txt --key-file miner.key --json > receipt.json\n' +
        '  $ echo Paris. | assay question answer 0x5f…c2 - --key-file miner.key --commit',
    )
    .action(async (id: Hex, file: string, options) =>
      exit(await (await import('./question-commands.ts')).answerCommand(id, file, options)),
    );

  withGateway(question.command('show').description('how a question stands, and the task that it became'))
    .argument('<id>', 'of the question: 0x and 64 hexadecimal digits, as "assay question ask" prints', idArgument)
    .option('--receipt <file>', 'check that the answer of this receipt is in the sealed set')
    .addHelpText(
      'after',
      '\nExit code 1: the seal is wrong, or the answer of the receipt was left out.\n\nExamples:\n' +
        '  $ assay question show 0x5f…c2\n  $ assay question show 0x5f…c2 --receipt receipt.json --json',
    )
    .action(async (id: Hex, options) => exit(await (await import('./question-commands.ts')).showCommand(id, options)));
}
