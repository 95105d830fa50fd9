/**
 * Is an answer as complete as the others? A first half that ends with a sentence reads well; what tells is that it has fewer items
 * than the others, ends in the middle of a list or plan where the others go on, or lacks their code or closing words.
 */
import { middleOf } from '../decision/steady.ts';
import type { TextProfile } from '../text/text-profile.ts';

/** What tells how complete an answer is, basis points, 0 … 10,000. */
export interface Completeness {
  /** Numbered items, bullets and headings relative to the usual number of the others; 10,000 where they make no list. */
  readonly items: number;
  /** Where it ends in an item: share of the others that end in other text. A colon at the end: 10,000. */
  readonly endsInList: number;
  /** Without code: share of the others that have some. */
  readonly codeMissing: number;
  /** Without closing words in its last line: share of the others that have some. */
  readonly closingMissing: number;
}

/** What is counted in one text. */
interface Shape {
  readonly items: number;
  readonly ending: 'item' | 'colon' | 'text';
  readonly hasCode: boolean;
  readonly closes: boolean;
}

const itemLine = /^\s{0,12}(?:[-*+•·]\s|\*{0,2}\p{N}{1,3}[.):]|#{1,6}\s)/u;
/** Up to so many items, those of the others are no list; from as many more on, all of what is missing counts. */
const noList = 2;
const listGrows = 3;
const tailLines = 3;
const bullet = /^\s*(?:[-*+•]\s|\p{N}{1,3}[.)])/u;
/** What people say at the end of an answer: they conclude, remind, or offer more. English. */
const closing =
  /\b(?:in (?:conclusion|summary|short|essence)|to (?:conclude|summari[sz]e|sum up)|overall|ultimately|finally|lastly|remember|keep in mind|hope (?:this|that|you|it)|let me know|feel free|enjoy|good luck|by (?:following|using|understanding|doing|combining|taking|being|implementing)|with (?:these|this|careful)|note that|these (?:are|steps|tips)|as you can see|regardless|therefore|thus|it(?:'s| is) (?:important|worth|essential)|happy \w+ing|if you (?:have|need|want|would))\b/iu;
const fence = /^\s{0,8}(?:```|~~~)/mu;

const shapes = new WeakMap<TextProfile, Shape>();

/** Measures an answer against the others (in any order); with none, nothing is missing. Linear. */
export function completenessOf(profile: TextProfile, others: readonly TextProfile[]): Completeness {
  const own = shapeOf(profile);
  const peers = others.map(shapeOf);
  const share = (value: number): number => Math.round(10_000 * Math.max(0, Math.min(1, value)));
  const having = (is: (peer: Shape) => boolean): number =>
    peers.length === 0 ? 0 : peers.filter(is).length / peers.length;
  const usualItems = middleOf(peers.map(({ items }) => items));
  const listShare = Math.max(0, Math.min(1, (usualItems - noList) / listGrows));
  return {
    items: share(1 - listShare * (1 - own.items / Math.max(1, usualItems))),
    endsInList:
      own.ending === 'colon' ? 10_000 : own.ending === 'item' ? share(having(({ ending }) => ending === 'text')) : 0,
    codeMissing: own.hasCode ? 0 : share(having(({ hasCode }) => hasCode)),
    closingMissing: own.closes ? 0 : share(having(({ closes }) => closes)),
  };
}

function shapeOf(profile: TextProfile): Shape {
  const known = shapes.get(profile) ?? measured(profile);
  shapes.set(profile, known);
  return known;
}

function measured({ text }: TextProfile): Shape {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const starts = lines.flatMap((line, at) => (itemLine.test(line) ? [at] : []));
  const last = starts.at(-1) ?? -1;
  const end = lines.at(-1) ?? '';
  const isTail = starts.length >= 2 && lines.length - last <= tailLines && !isParagraphAfter(lines, last);
  return {
    items: starts.length,
    ending: /[:：]\s*$/u.test(text) ? 'colon' : isTail ? 'item' : 'text',
    hasCode: fence.test(text),
    closes: !bullet.test(end) && closing.test(end),
  };
}

/** A line after the last item that is not indented, where the items' own further lines are: a closing paragraph. */
function isParagraphAfter(lines: readonly string[], last: number): boolean {
  const after = lines.slice(last + 1);
  return after.length > 0 && after.every((line) => !/^\s/u.test(line));
}
