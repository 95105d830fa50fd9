/** The words that decided a verdict, in lines for people. */
import type { Grounds } from '@assay/protocol/report/grounds';
import { paint } from './terminal.ts';

/** One line for each passage, and for what it stands against. */
export function groundsLines(miner: string, grounds: readonly Grounds[]): string[] {
  return grounds.flatMap(({ role, score, evidence, against, passages, opposed }) => {
    if (evidence.length === 0 && passages.length === 0) return [];
    const flags = evidence.map(({ flag, strength, threshold }) =>
      strength === undefined || threshold === undefined
        ? flag
        : `${flag} ${inUnits(strength)}, raised from ${inUnits(threshold)}`,
    );
    const head = `  ${miner}  ${role}: ${[...flags, ...against].join('; ') || `score ${inUnits(score)}`}`;
    const found = passages.map(({ start, end, text, scoreWithout, flagsLifted }) => {
      const lifted = flagsLifted.length === 0 ? '' : `, and not ${flagsLifted.join(', ')}`;
      const without = paint('dim', `without it ${inUnits(scoreWithout)} instead of ${inUnits(score)}${lifted}`);
      return `      ${paint('dim', `${start}-${end}`)} ${JSON.stringify(text)}  ${without}`;
    });
    const whole = passages.length === 0 ? [`      ${paint('dim', 'no passage alone: the text as a whole')}`] : [];
    const other =
      opposed === undefined ? [] : [`      ${paint('dim', `${opposed.miner} says`)} ${JSON.stringify(opposed.text)}`];
    return [head, ...found, ...whole, ...other];
  });
}

function inUnits(basisPoints: number): string {
  return (basisPoints / 10_000).toFixed(2);
}
