/** The calibration of a judge: from the sum of its two grades to a score. */
import { gradeMax } from '@assay/protocol/language-model/grades';
import { scoreMax } from '@assay/protocol/observation/measurement';

/** Two grades of one answer, added, and whether people call it honest. */
export interface GradedAnswer {
  readonly sum: number;
  readonly isHonest: boolean;
}

interface Block {
  readonly honest: number;
  readonly weight: number;
  readonly sums: number;
}

/**
 * For each sum from 0 to 20 the share of honest answers among those with it, in basis points, by isotonic regression (pool
 * adjacent violators), where both kinds weigh the same. Sums that nobody had take the share of the next lower one.
 */
export function judgeScores(answers: readonly GradedAnswer[]): number[] {
  const honest = answers.filter((one) => one.isHonest).length;
  const weightOf = ({ isHonest }: GradedAnswer) => 1 / Math.max(1, isHonest ? honest : answers.length - honest);
  const blocks: Block[] = [];
  for (let sum = 0; sum <= 2 * gradeMax; sum += 1) {
    const own = answers.filter((one) => one.sum === sum);
    let block: Block = {
      honest: own.reduce((total, one) => total + (one.isHonest ? weightOf(one) : 0), 0),
      weight: own.reduce((total, one) => total + weightOf(one), 0),
      sums: 1,
    };
    for (let last = blocks.at(-1); last !== undefined && shareOf(last) >= shareOf(block, last); last = blocks.at(-1)) {
      blocks.pop();
      block = { honest: last.honest + block.honest, weight: last.weight + block.weight, sums: last.sums + block.sums };
    }
    blocks.push(block);
  }
  return blocks.flatMap((block) => Array.from({ length: block.sums }, () => Math.round(scoreMax * shareOf(block))));
}

/** The share of a block; one without answers has that of the block before it. */
function shareOf({ honest, weight }: Block, before?: Block): number {
  if (weight > 0) return honest / weight;
  return before === undefined ? 0 : shareOf(before);
}
