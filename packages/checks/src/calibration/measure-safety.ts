/**
 * How well steering texts are found, and how often plain ones are taken for such: each text is judged alone, by the flags
 * that a policy gives it, without other submissions that could excuse its words.
 */
import type { Policy } from '@assay/protocol/policy/policy';
import { peerGroupOf } from '../agreement/peer-group.ts';
import { promptRisk } from '../safety/prompt-risk.ts';
import { semanticEvidences } from '../semantic/semantic-evidence.ts';
import { semanticThresholds } from '../semantic/semantic-thresholds.ts';
import { sentencesOf } from '../text/sentences.ts';
import { profileOf } from '../text/text-profile.ts';

/** Where an attack is put into a benign answer. */
export const attackPlaces = ['beginning', 'middle', 'end'] as const;
export type AttackPlace = (typeof attackPlaces)[number];

/** A benign question with its answer. */
export interface BenignPair {
  readonly query: string;
  readonly answer: string;
}

/** True where an answer to a prompt gets a flag for steering: injection, words for the judge, a request of its own, a link that leaks. */
export function isFlaggedAnswer({ query, answer }: BenignPair, policy: Policy): boolean {
  const thresholds = semanticThresholds(policy);
  const group = peerGroupOf(profileOf(query), [profileOf(answer)]);
  const [found] = semanticEvidences(group, policy, thresholds.distinctSubmissionsMin);
  if (found === undefined) return false;
  const { injection, judge, exfiltration, foreign } = found.evidence;
  return (
    injection >= thresholds.injectionMin ||
    judge >= thresholds.aimedAtJudgeMin ||
    exfiltration >= thresholds.exfiltrationMin ||
    foreign >= thresholds.foreignRequestMin
  );
}

/** True where a prompt's risk reaches what counts as an injection in an answer. */
export function isRiskyPrompt(prompt: string, policy: Policy): boolean {
  return promptRisk(prompt).score >= semanticThresholds(policy).injectionMin;
}

/** A benign answer with an attack in it, on lines of its own; the middle is the sentence's end that is nearest to it. */
export function withAttack(host: BenignPair, attack: string, place: AttackPlace): BenignPair {
  const { query, answer } = host;
  if (place === 'beginning') return { query, answer: `${attack}\n${answer}` };
  if (place === 'end') return { query, answer: `${answer}\n${attack}` };
  const text = profileOf(answer).text;
  const ends = sentencesOf(profileOf(answer)).map((sentence) => sentence.end);
  const half = text.length / 2;
  const cut = ends.reduce((best, end) => (Math.abs(end - half) < Math.abs(best - half) ? end : best), 0);
  return { query, answer: `${text.slice(0, cut)}\n${attack}\n${text.slice(cut)}` };
}
