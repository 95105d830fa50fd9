/**
 * Evidence over a miner's tasks, from the scores in certified reports alone, so that everybody who has the reports comes to
 * the same number. It is a CUSUM of e-values (an e-detector: Shin, Ramdas and Rinaldo, arXiv 2203.03532): it starts anew
 * whenever the evidence so far speaks for the miner, so a model that is swapped late is found as soon as one that was
 * never there.
 */
import { noEvidenceScore, scorePerPower } from './inference-check.ts';

/** The state after a task: 0 without evidence, 1,000 for each power of ten against the miner. */
export type MinerEvidence = number;

/** The state after the next task, whose certified score is given. */
export function afterTask(before: MinerEvidence, score: number): MinerEvidence {
  return Math.max(0, before) + Math.round(((noEvidenceScore - score) * 1_000) / scorePerPower);
}

/** The state at which a miner that serves what it claims is accused once in so many tasks at most, on average. */
export function alarmAt(tasksBetweenFalseAlarms: number): MinerEvidence {
  return Math.ceil(1_000 * Math.log10(tasksBetweenFalseAlarms));
}

/** The number of tasks after which the evidence first reaches a border; undefined if it does not. */
export function tasksUntilAlarm(scores: readonly number[], border: MinerEvidence): number | undefined {
  let state: MinerEvidence = 0;
  for (const [place, score] of scores.entries()) {
    state = afterTask(state, score);
    if (state >= border) return place + 1;
  }
  return undefined;
}
