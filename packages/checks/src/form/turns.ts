/** Turns of a conversation: an answer that gives an earlier turn back, and one that goes on with turns of its own making. */
import { containment, gramSetOf, profileOf, type TextProfile } from '../text/text-profile.ts';

const turnMark = /^[ \t]*(?:\*\*)?(?:user|human|assistant|ai|system|question|answer|q|a)(?:\*\*)?[ \t]*:/gimu;
const gramSize = 2;
/** Share of the word pairs that a text and an earlier turn have in common, of the larger of both, from which they are the same. */
const sameShare = 0.9;
/** Turns that an answer must make up. */
const madeUpMin = 2;
const turnsMax = 100;

/** The turns of a prompt; one where it is no conversation. */
export function turnsOf(prompt: string): TextProfile[] {
  const starts = [...prompt.matchAll(turnMark)]
    .slice(0, turnsMax)
    .map(({ 0: mark, index }) => ({ index, end: index + mark.length }));
  return starts.map(({ end }, at) => profileOf(prompt.slice(end, starts[at + 1]?.index ?? prompt.length)));
}

/** True for (nearly) the words of an earlier turn that most others do not give back. */
export function repeatsTurn(text: TextProfile, turns: readonly TextProfile[], peers: readonly TextProfile[]): boolean {
  const repeats = (one: TextProfile): boolean => turns.some((turn) => isSame(one, turn));
  return turns.length >= 2 && repeats(text) && peers.filter(repeats).length * 2 < peers.length;
}

function isSame(text: TextProfile, turn: TextProfile): boolean {
  const [own, theirs] = [gramSetOf(text, gramSize), gramSetOf(turn, gramSize)];
  if (own.size === 0 || theirs.size === 0) return false;
  const [small, large] = own.size < theirs.size ? [own, theirs] : [theirs, own];
  return containment(small, large) * small.size >= sameShare * large.size;
}

/** True for an answer with several marks of turns inside, which most others do not have: it plays the user too. */
export function makesUpTurns(text: TextProfile, peers: readonly TextProfile[]): boolean {
  return marksIn(text) >= madeUpMin && peers.filter((peer) => marksIn(peer) >= 1).length * 2 < peers.length;
}

/** Marks behind the first words of a text. */
function marksIn({ text }: TextProfile): number {
  return [...text.matchAll(turnMark)].filter(({ index }) => text.slice(0, index).trim() !== '').length;
}
