/** Groups of answers in which some are by colluders: the same wrong fact, told by each strategy. Pure. */
import { honestLabel, isSwappedFact } from '@assay/checks/calibration/calibration-data';
import type { LabelledTask } from '@assay/cli/tasks/task-file';

/** Answers to a task, as far as there are so many. */
const answersMax = 7;
/** Colluders of one group at most. */
const colludersMax = 3;

/** Words of a fact that differ between a wrong answer and the honest one that it was made of, at most. */
const factWordsMax = 3;

/**
 * How colluders hide that they say the same: each strategy gives the text of the n-th of them, made of a wrong answer or of
 * the honest ones; undefined where it cannot be made.
 */
const strategyTexts = {
  /** The same text. */
  copies: (text) => text,
  /** A sentence of filler each. */
  filler: (text, at) => `${text} ${pick(fillers, at)}`,
  /** An opening and a closing of their own. */
  framed: (text, at) => `${pick(openings, at)} ${text} ${pick(fillers, at + 1)}`,
  /** The same sentences in another order, or after other words. */
  reordered: (text, at) => {
    const sentences = text.split(/(?<=[.!?])\s+/u);
    if (sentences.length < 2) return `${pick(openings, at)} ${text}`;
    const from = at % sentences.length;
    return [...sentences.slice(from), ...sentences.slice(0, from)].join(' ');
  },
  /** An honest answer in other words each, with the wrong fact in place of the right one. */
  reworded: (text, at, honest) => {
    const fact = honest.flatMap((one) => changedFact(one, text) ?? [])[0];
    if (fact === undefined) return undefined;
    const told = honest.flatMap((one) => withFact(one, fact) ?? []);
    return told.at(-1 - at);
  },
} as const satisfies Record<string, (text: string, at: number, honest: readonly string[]) => string | undefined>;

interface ChangedFact {
  readonly right: string;
  readonly wrong: string;
}

/** The one place of a few words at which two texts differ; undefined if they differ otherwise. */
function changedFact(right: string, wrong: string): ChangedFact | undefined {
  const [a, b] = [right.split(/\s+/u), wrong.split(/\s+/u)];
  const least = Math.min(a.length, b.length);
  let start = 0;
  while (start < least && a[start] === b[start]) start++;
  let end = 0;
  while (end < least - start && a.at(-1 - end) === b.at(-1 - end)) end++;
  const changed = [a.slice(start, a.length - end), b.slice(start, b.length - end)];
  if (start + end === 0 || changed.some(({ length }) => length === 0 || length > factWordsMax)) return undefined;
  const [from = '', to = ''] = changed.map((words) => words.join(' ').replace(/^[\p{P}\s]+|[\p{P}\s]+$/gu, ''));
  return from === '' || to === '' ? undefined : { right: from, wrong: to };
}

/** A text with another fact; undefined if it does not state this one in these words. */
function withFact(text: string, { right, wrong }: ChangedFact): string | undefined {
  const literal = right.replace(/[\\^$.*+?()[\]{}|/]/gu, '\\$&');
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}])${literal}(?![\\p{L}\\p{N}])`, 'gu');
  const told = text.replace(pattern, () => wrong);
  return told === text ? undefined : told;
}

/** The name of a strategy. */
export type Strategy = keyof typeof strategyTexts;
export const strategies = Object.keys(strategyTexts) as Strategy[];

const fillers = [
  'That is what is commonly known about it.',
  'Anyone who looks it up will find the same.',
  'I hope that this answers what you wanted to know.',
  'There is more to say, but this is the main point.',
] as const;
const openings = [
  'Good question, and easy to answer.',
  'From what is known today:',
  'To put it briefly and clearly:',
  'Here is the answer that you are looking for.',
] as const;

/** A task whose last submissions are by colluders; `none`: the same honest answers without them. */
export interface CollusionGroup {
  readonly strategy: Strategy | 'none';
  readonly colluders: number;
  readonly task: LabelledTask;
}

/** The label of a colluder's answer. */
export const colluderLabel = 'colluder';

/** All groups that can be made of some tasks: each answer with a swapped fact, by one to three colluders, by each strategy that can. */
export function collusionGroups(tasks: readonly LabelledTask[]): CollusionGroup[] {
  return tasks.flatMap((task) => {
    const honest = task.submissions.filter(({ label }) => label === honestLabel);
    const wrong = task.submissions.filter(({ label }) => label !== undefined && isSwappedFact(label));
    const honestTexts = honest.map(({ output }) => output);
    return wrong.flatMap(({ output, label }, at) =>
      [0, 1, 2, colludersMax].flatMap((colluders) =>
        (colluders === 0 ? (['none'] as const) : strategies).flatMap((strategy): CollusionGroup[] => {
          const beside = honest.slice(0, answersMax - colluders);
          const texts =
            strategy === 'none'
              ? []
              : Array.from({ length: colluders }, (_, nth) => strategyTexts[strategy](output, nth, honestTexts));
          const made = texts.filter((text) => text !== undefined);
          if (made.length < colluders) return [];
          const submissions = [
            ...beside,
            ...made.map((text, nth) => ({ miner: `colluder-${nth}`, output: text, label: colluderLabel })),
          ];
          const name = `${task.task.slice(0, 60)} ${label} ${at} ${strategy} ${colluders}`;
          return [{ strategy, colluders, task: { ...task, task: name, submissions } }];
        }),
      ),
    );
  });
}

function pick(list: readonly string[], at: number): string {
  return list[at % list.length] ?? '';
}
