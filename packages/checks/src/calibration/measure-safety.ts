/**
 * How well attack texts are detected, and how often benign ones are flagged. Each text is judged alone by its flags
 * under a policy, without other submissions that could excuse its words.
 */
import type { Policy } from '@assay/protocol/policy/policy';
import { peerGroupOf } from '../agreement/peer-group.ts';
import { promptRisk } from '../safety/prompt-risk.ts';
import { semanticEvidences } from '../semantic/semantic-evidence.ts';
import { semanticThresholds } from '../semantic/semantic-thresholds.ts';
import { sentencesOf } from '../text/sentences.ts';
import { profileOf } from '../text/text-profile.ts';

/** Positions of an attack in a benign answer. */
export const attackPlaces = ['beginning', 'middle', 'end'] as const;
export type AttackPlace = (typeof attackPlaces)[number];

/** A benign question with its answer. */
export interface BenignPair {
  readonly query: string;
  readonly answer: string;
}

/**
 * True if an answer to a prompt gets a safety flag: injection, words for the judge, a foreign request, an exfiltrating
 * link.
 */
export function isFlaggedAnswer({ query, answer }: BenignPair, policy: Policy): boolean {
  const thresholds = semanticThresholds(policy);
  const group = peerGroupOf(profileOf(query), [profileOf(answer)]);
  const found = semanticEvidences(group, policy, thresholds.distinctSubmissionsMin).get(0)?.();
  if (found === undefined) return false;
  const { injection, judge, exfiltration, foreign } = found.evidence;
  return (
    injection >= thresholds.injectionMin ||
    judge >= thresholds.aimedAtJudgeMin ||
    exfiltration >= thresholds.exfiltrationMin ||
    foreign >= thresholds.foreignRequestMin
  );
}

/** True if a prompt's risk reaches the threshold for an injection in an answer. */
export function isRiskyPrompt(prompt: string, policy: Policy): boolean {
  return promptRisk(prompt).score >= semanticThresholds(policy).injectionMin;
}

/** A benign answer with an attack on its own lines; the middle is the nearest end of a sentence. */
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
