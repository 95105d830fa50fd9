/**
 * The order in which transmitters post: a keyed permutation that needs no leader and no lock (after libocr's
 * transmission schedule).
 */
import { type Hex, keccak256, utf8 } from '../encoding/bytes.ts';

/** The stage (0 first) of one of `count` members at a sequence: the rank of its hash among all. */
export function stageOf(key: Hex, sequence: number, index: number, count: number): number {
  const rank = (member: number) => keccak256(utf8(`assay turn v1 ${key} ${sequence} ${member}`));
  const own = rank(index);
  let stage = 0;
  for (let member = 0; member < count; member++) if (member !== index && rank(member) < own) stage++;
  return stage;
}
