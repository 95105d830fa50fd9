/** Passages for people: the sentence of another answer that speaks of the same, and what is quoted of a text. */
import { type Grounds, quotedCharsMax } from '@assay/protocol/report/grounds';
import type { Task } from '@assay/protocol/task/task';
import { outputText, type TaskContent } from '@assay/protocol/task/task-content';
import { profileOf } from '../text/text-profile.ts';
import { segmentsOf } from './segment-text.ts';

/** Sentences of another answer that are compared at most. */
const sentencesMax = 200;

/** The texts of a task. */
export interface TaskTexts {
  readonly task: Task;
  readonly content: TaskContent;
}

/** The text of a submission; undefined without content. */
export function textAt({ content }: TaskTexts, index: number): string | undefined {
  const output = content.outputs[index];
  return output === undefined ? undefined : outputText(output);
}

/** The sentence of another answer than `index` that shares most of its topic words with these words. */
export function opposedTo(input: TaskTexts, index: number, words: string): Grounds['opposed'] {
  const own = profileOf(words).stems;
  let found: Grounds['opposed'];
  let most = 0;
  input.task.submissions.forEach(({ miner }, other) => {
    const text = other === index ? undefined : textAt(input, other);
    let start = 0;
    for (const sentence of text === undefined ? [] : sentencesOf(text)) {
      const end = start + sentence.length;
      const likeness = likenessOf(own, profileOf(sentence).stems);
      if (likeness > most) {
        most = likeness;
        found = { miner, start, end, text: quoted(sentence) };
      }
      start = end;
    }
  });
  return found;
}

/** A passage as it is quoted: without blanks at its ends, and without its middle where it is long. */
export function quoted(passage: string): string {
  const text = passage.trim();
  if (text.length <= quotedCharsMax) return text;
  const half = Math.floor(quotedCharsMax / 2) - 2;
  return `${text.slice(0, half)} … ${text.slice(-half)}`;
}

/** The sentences of a text; those of a long one come a few at a time. Joined they are the text. */
function sentencesOf(text: string): string[] {
  return segmentsOf(text, { chars: 1, most: sentencesMax, remainder: 0 });
}

/** Share of common topic words among all of both, 0 … 1. */
function likenessOf(own: ReadonlySet<string>, other: ReadonlySet<string>): number {
  const common = [...other].filter((stem) => own.has(stem)).length;
  return common / Math.max(1, own.size + other.size - common);
}
