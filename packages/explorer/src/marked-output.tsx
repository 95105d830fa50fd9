/** An answer with the passages that decided its verdict marked. */
import { type Grounds, passageText } from '@assay/protocol/report/grounds';

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
      passages.map((passage) => ({
        start: passage.start,
        end: passage.end,
        why: `${role}: ${passageText(score, passage)}`,
      })),
    )
    .sort((a, b) => a.start - b.start);
}

/** The same in words, for those who read no marks, and what another answer says. */
export function GroundsList({ of }: { readonly of: readonly Grounds[] }) {
  const lines = of.flatMap(({ role, against, passages, opposed }) => [
    ...against.map((words) => `${role}: ${words}`),
    ...passages.map(({ text }) => `${role}: decided by “${text}”`),
    ...(opposed === undefined ? [] : [`${opposed.miner} says “${opposed.text}”`]),
  ]);
  return [...new Set(lines)].map((line) => <li key={line}>{line}</li>);
}
