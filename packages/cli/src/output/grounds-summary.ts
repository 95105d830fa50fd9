/** The words that decided a verdict, in lines for people. */
import { evidenceItemText, type StatedEvidence } from '@assay/protocol/report/explanation';
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

/** One line for each operator's evidence in a role; operators that state the same share a line. */
export function evidenceLines(miner: string, stated: readonly StatedEvidence[]): string[] {
  const byText = new Map<string, string[]>();
  for (const { role, operator, items } of stated) {
    const text = `${role}: ${items.map(evidenceItemText).join('; ')}`;
    byText.set(text, [...(byText.get(text) ?? []), operator.slice(0, 8)]);
  }
  return [...byText].map(([text, operators]) => `  ${miner}  ${paint('dim', `${operators.join(' ')} state`)} ${text}`);
}
