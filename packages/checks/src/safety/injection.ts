/**
 * Detects texts that address a judge or a model that reads them. A cue counts only if neither the prompt nor two of the
 * other submissions use it: an answer about judges, reviews or prompts may use their words.
 */

import type { TextProfile } from '../text/text-profile.ts';
import { type CueGroup, cueGroupOf, markers, orders, selfReferences, shellPipe } from './injection-lexicon.ts';

/** Evidence, each 0 … 10,000, and its offset in the text's normal form (UTF-16 units; -1: none). */
export interface InjectionEvidence {
  /** Instructions to a model, faked conversation turns, commands to run. */
  readonly injection: number;
  /** Words for the judge: they ask for a verdict or mention the other submissions. */
  readonly aimedAtJudge: number;
  readonly offset: number;
}

/** The cues of one text, window by window. */
export interface CueScan {
  readonly windows: readonly CueWindow[];
  /** Every cue of the text, as `window` entries name them. */
  readonly all: ReadonlySet<string>;
}

type CueKind = CueGroup | 'marker' | 'order' | 'shell';

interface CueWindow {
  readonly start: number;
  /** Words with their group; patterns as `marker 0`, `order 2`, `shell 0`. */
  readonly cues: ReadonlyMap<string, CueKind>;
  readonly refersToItself: boolean;
}

const windowChars = 240;
const windowStep = windowChars / 2;
const global = (pattern: RegExp): RegExp => new RegExp(pattern.source, `${pattern.flags}g`);
const named = (kind: CueKind, list: readonly RegExp[]) =>
  list.map((pattern, index) => ({ kind, name: `${kind} ${index}`, pattern: global(pattern) }));
const patterns = [...named('marker', markers), ...named('order', orders), ...named('shell', [shellPipe])];
const selfPatterns = selfReferences.map(global);

/** Finds the cues of a text. Linear: every pattern is bounded, and cues are grouped in windows that overlap by half. */
export function scanCues(text: TextProfile): CueScan {
  const windows = new Map<number, { start: number; cues: Map<string, CueKind>; refersToItself: boolean }>();
  const windowsAt = (offset: number) => {
    const last = Math.floor(offset / windowStep);
    return [last - 1, last]
      .filter((index) => index >= 0)
      .map((index) => {
        const window = windows.get(index) ?? { start: index * windowStep, cues: new Map(), refersToItself: false };
        windows.set(index, window);
        return window;
      });
  };
  const all = new Set<string>();
  const file = (cue: string, kind: CueKind, offset: number): void => {
    all.add(cue);
    for (const window of windowsAt(offset)) window.cues.set(cue, kind);
  };
  for (const { lower, start } of text.tokens) {
    const group = cueGroupOf(lower);
    if (group !== undefined) file(lower, group, start);
  }
  const plain = plainOf(text.text);
  for (const { kind, name, pattern } of patterns) {
    for (const match of (kind === 'marker' ? text.text : plain).matchAll(pattern)) file(name, kind, match.index);
  }
  for (const pattern of selfPatterns) {
    for (const match of plain.matchAll(pattern))
      for (const window of windowsAt(match.index)) window.refersToItself = true;
  }
  return { windows: [...windows.values()].sort((a, b) => a.start - b.start), all };
}

/** Whether others that say the same excuse it. */
export type Excuse = (saying: number, others: number) => boolean;

/** Two others do: who hands in another answer gets nobody a flag. */
export const excusedByTwo: Excuse = (saying) => saying >= 2;

/** Most others do, two at least: a few colluders do not excuse each other. */
export const excusedByMost: Excuse = (saying, others) => saying >= 2 && saying * 2 > others;

/** Compares the cues of a text with those of the prompt and of the other submissions, in any order. */
export function injectionEvidence(
  own: CueScan,
  prompt: CueScan,
  peers: readonly CueScan[],
  excuse: Excuse = excusedByTwo,
): InjectionEvidence {
  const isExcused = (cue: string): boolean =>
    prompt.all.has(cue) || excuse(peers.filter((peer) => peer.all.has(cue)).length, peers.length);
  const excused = new Set([...own.all].filter(isExcused));
  let injection = 0;
  let aimedAtJudge = 0;
  let offset = -1;
  for (const window of own.windows) {
    const kinds = new Set([...window.cues].filter(([cue]) => !excused.has(cue)).map(([, kind]) => kind));
    const order = kinds.delete('order');
    const marker = kinds.delete('marker');
    const shell = kinds.delete('shell');
    if (window.refersToItself) kinds.add('self');
    const found = order || (marker && (kinds.size > 0 || shell)) ? 9_000 : marker || shell ? 4_000 : 0;
    const aimed = kinds.size >= 4 ? 10_000 : kinds.size === 3 && kinds.has('verdict') && kinds.has('self') ? 8_000 : 0;
    if (offset < 0 && Math.max(found, aimed) >= 5_000) offset = window.start;
    injection = Math.max(injection, found);
    aimedAtJudge = Math.max(aimedAtJudge, aimed);
  }
  return { injection, aimedAtJudge, offset };
}

/** Lower case without accents, each letter at its old offset, so that offsets stay valid. */
function plainOf(text: string): string {
  return text
    .replaceAll('’', "'")
    .replace(/\P{ASCII}/gu, (character) => {
      const lower = character.toLowerCase().normalize('NFD').replace(/\p{M}/gu, '');
      return lower.length === character.length ? lower : character;
    })
    .toLowerCase();
}
