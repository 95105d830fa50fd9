/**
 * In which words an answer differs from the others. The embedding role measures by its model and names no words; these
 * are found from the content alone, so that whoever reads a verdict of the role sees what the answer lacks and adds.
 */
import type { Grounds } from '@assay/protocol/report/grounds';
import { opposedTo, type TaskTexts, textAt } from '../segments/opposed-passage.ts';
import { profileOf, type TextProfile } from '../text/text-profile.ts';
import { othersOf, peerGroupOf } from './peer-group.ts';

/** Words of each kind that are named at most. */
const namedMax = 5;
/** Others that are needed to speak of most of them. */
const othersMin = 2;

/** The grounds of the embedding role on one submission: no score, which only its model gives. Undefined without texts to compare. */
export function agreementGrounds(input: TaskTexts, index: number): Grounds | undefined {
  const profiles = input.task.submissions.map((_, one) => profileAt(input, one));
  const group = peerGroupOf(profileOf(input.content.prompt), profiles);
  const member = group.members.find((one) => one.index === index);
  const others = member === undefined ? [] : othersOf(group, member).map(({ profile }) => profile);
  if (member === undefined || others.length < othersMin) return undefined;
  const counts = new Map<string, number>();
  for (const { stems } of others) for (const stem of stems) counts.set(stem, (counts.get(stem) ?? 0) + 1);
  const asked = group.prompt.stems;
  const isMissing = (stem: string) =>
    !asked.has(stem) && !member.profile.stems.has(stem) && (counts.get(stem) ?? 0) * 2 > others.length;
  const missing = wordsOf(others, isMissing).sort((a, b) => (counts.get(b.stem) ?? 0) - (counts.get(a.stem) ?? 0));
  const alone = wordsOf([member.profile], (stem) => !asked.has(stem) && !counts.has(stem));
  const lacks = missing.slice(0, namedMax).map(({ lower }) => lower);
  const adds = alone.slice(0, namedMax).map(({ lower }) => lower);
  const opposed = lacks.length === 0 ? undefined : opposedTo(input, index, lacks.join(' '));
  return {
    role: 'embedding',
    evidence: [],
    against: [
      ...(lacks.length === 0 ? [] : [`lacks what most others say: ${lacks.join(', ')}`]),
      ...(adds.length === 0 ? [] : [`says what nobody else does: ${adds.join(', ')}`]),
    ],
    passages: [],
    ...(opposed === undefined ? {} : { opposed }),
  };
}

function profileAt(input: TaskTexts, index: number): TextProfile | undefined {
  const text = textAt(input, index);
  return text === undefined || text.trim() === '' ? undefined : profileOf(text);
}

interface Word {
  readonly stem: string;
  readonly lower: string;
}

/** The wanted topic words of some texts in order, each stem once. */
function wordsOf(profiles: readonly TextProfile[], isWanted: (stem: string) => boolean): Word[] {
  const found = new Map<string, Word>();
  for (const { tokens, stems } of profiles)
    for (const { stem, lower } of tokens)
      if (stems.has(stem) && !found.has(stem) && isWanted(stem)) found.set(stem, { stem, lower });
  return [...found.values()];
}
