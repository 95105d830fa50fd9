/** The words that decided a verdict, in lines for people. */
import { evidenceText, type Grounds, passageText, scoreText } from '@assay/protocol/report/grounds';
import { paint } from './terminal.ts';

/** One line for each passage, and for what it stands against. */
export function groundsLines(miner: string, grounds: readonly Grounds[]): string[] {
  return grounds.flatMap(({ role, score, evidence, against, passages, opposed }) => {
    if (evidence.length + against.length + passages.length === 0) return [];
    const found = [...evidence.map(evidenceText), ...against].join('; ');
    const named = passages.map((passage) => {
      const { start, end, text } = passage;
      return `      ${paint('dim', `${start}-${end}`)} ${JSON.stringify(text)}  ${paint('dim', passageText(score, passage))}`;
    });
    // Only a role that measures a text without its parts can say that none of them decided, and only of what is in the
    // text: that a task has too few answers is not.
    const isInText = evidence.length === 0 || evidence.some(({ strength }) => strength !== undefined);
    const isWhole = isInText && score !== undefined && passages.length === 0 && against.length === 0;
    const whole = isWhole ? [`      ${paint('dim', 'no passage alone: the text as a whole')}`] : [];
    const other =
      opposed === undefined ? [] : [`      ${paint('dim', `${opposed.miner} says`)} ${JSON.stringify(opposed.text)}`];
    return [`  ${miner}  ${role}: ${found || `score ${scoreText(score ?? 0)}`}`, ...named, ...whole, ...other];
  });
}
