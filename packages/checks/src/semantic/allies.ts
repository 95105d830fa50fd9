/**
 * What one short answer contradicts if its allies are not heard: up to two others that state what it states. Three colluders of
 * seven are two witnesses for each of them; without these, each stands alone against the rest.
 */
import { type CampReading, isOpposed, oppositeMin, states, voicesMin, voicesOf } from './camps.ts';
import {
  type ComparedTask,
  type ConflictEvidence,
  type StatedReading,
  shortContradiction,
} from './witnessed-conflicts.ts';

/** Allies that are left out, at most. */
const alliesMax = 2;

type Heard = StatedReading & CampReading;
type ShortEvidence = Pick<ConflictEvidence, 'number' | 'name' | 'negation'>;

/**
 * The contradictions of a text for each choice of one or two allies; enough others must be left, in words of their own. What is
 * rejected itself is no ally and no voice.
 */
export function withoutAllies(
  task: ComparedTask,
  own: Heard,
  witnesses: readonly Heard[],
  isBelieved: (text: CampReading) => boolean,
): ShortEvidence[] {
  if (task.shortShare === 0) return [];
  return choicesOf(witnesses, Math.min(alliesMax, witnesses.length - oppositeMin)).flatMap((allies) => {
    if (!allies.every(isBelieved)) return [];
    const rest = witnesses.filter((one) => !allies.includes(one));
    const { evidence, decisive } = shortContradiction(task, own, rest);
    if (!allies.every((ally) => isAlly(own, ally, evidence, decisive))) return [];
    return voicesOf(rest.filter(isBelieved)).length < voicesMin ? [] : [evidence];
  });
}

/** All choices of one or two. */
function choicesOf<One>(all: readonly One[], most: number): One[][] {
  const single = most < 1 ? [] : all.map((one) => [one]);
  const pairs = most < 2 ? [] : all.flatMap((one, at) => all.slice(at + 1).map((other) => [one, other]));
  return [...single, ...pairs];
}

/** Whether another text stands on the same side of a contradiction: has what the own one has, or lacks what it lacks. */
function isAlly(own: Heard, ally: Heard, { number, name, negation }: ShortEvidence, decisive: string): boolean {
  if (number === 0 && name === 0 && negation === 0) return false;
  if (negation >= Math.max(number, name)) return !isOpposed(own, ally);
  const [key = '', rival = ''] = decisive.split(' against ');
  const isNumber = number > name;
  return key === 'nothing' ? !states(ally, rival, isNumber) : states(ally, key, isNumber);
}
