/** An answer with the passages that decided its verdict marked. */
import type { Grounds } from '@assay/protocol/report/grounds';

interface Mark {
  readonly start: number;
  readonly end: number;
  readonly why: string;
}

/** The text, each marked passage with its reason as title; a passage within another's is not marked again. */
export function MarkedOutput({ text, grounds }: { readonly text: string; readonly grounds: readonly Grounds[] }) {
  const parts = [];
  let at = 0;
  for (const { start, end, why } of marksOf(grounds)) {
    if (start < at || end > text.length) continue;
    parts.push(text.slice(at, start));
    parts.push(
      <mark key={start} title={why}>
        {text.slice(start, end)}
      </mark>,
    );
    at = end;
  }
  return (
    <p class="content">
      {parts}
      {text.slice(at)}
    </p>
  );
}

function marksOf(grounds: readonly Grounds[]): Mark[] {
  return grounds
    .flatMap(({ role, score, passages }) =>
      passages.map(({ start, end, scoreWithout, flagsLifted }) => {
        const lifted = flagsLifted.length === 0 ? '' : `, and not ${flagsLifted.join(', ')}`;
        return {
          start,
          end,
          why: `${role}: without it ${inUnits(scoreWithout)} instead of ${inUnits(score)}${lifted}`,
        };
      }),
    )
    .sort((a, b) => a.start - b.start);
}

/** How strong the evidence of a flag is, where one number is behind it: ` 0.90, raised from 0.60`. */
export function strengthOf(grounds: readonly Grounds[], role: string, code: string): string {
  const found = grounds.find((one) => one.role === role)?.evidence.find(({ flag }) => flag === code);
  if (found?.strength === undefined || found.threshold === undefined) return '';
  return ` ${inUnits(found.strength)}, raised from ${inUnits(found.threshold)}`;
}

/** The same in words, for those who read no marks, and what another answer says. */
export function GroundsList({ of }: { readonly of: readonly Grounds[] }) {
  const lines = of.flatMap(({ role, against, passages, opposed }) => [
    ...against.map((words) => `${role}: ${words}`),
    ...passages.map(({ text }) => `${role}: decided by “${text}”`),
    ...(opposed === undefined ? [] : [`${opposed.miner} says “${opposed.text}”`]),
  ]);
  return lines.map((line) => <li key={line}>{line}</li>);
}

function inUnits(basisPoints: number): string {
  return (basisPoints / 10_000).toFixed(2);
}
