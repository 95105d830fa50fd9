/**
 * Draws the committee of an epoch from a larger pool of operators, by stake, from a beacon value that nobody could
 * choose. Everybody who has the beacon and the pool computes the same committee.
 *
 * Successive sampling: each draw picks one operator with a probability proportional to its stake among those not drawn
 * yet (weighted random sampling without replacement; Efraimidis and Spirakis, 2006, algorithm D). Integers only. Each
 * number below a bound comes from Keccak-256 in counter mode; rejection removes modulo bias (Lemire, 2019, §2).
 */
import { concatBytes, fromHex, type Hex, keccak256, utf8 } from '../encoding/bytes.ts';
import { type Member, setDigest } from './validator-set.ts';

/** The inputs of a draw. */
export interface CommitteeDraw {
  /** 32 bytes that nobody could choose or predict when the pool was fixed: a block's prevrandao or a drand round. */
  readonly beacon: Hex;
  readonly epoch: number;
  /** Seats of the committee, from 1. */
  readonly size: number;
  /** All operators with their stakes, each once, in any order. */
  readonly pool: readonly Member[];
  /** Operators known to be offline: the next ones in the draw take their seats. */
  readonly offline?: ReadonlySet<Hex>;
}

/** A drawn committee. */
export interface Committee {
  /** Ascending by operator, as an epoch's snapshot has them. */
  readonly members: readonly Member[];
  /** Operators in drawing order, including the offline ones, so that a check of the draw shows who was skipped. */
  readonly drawn: readonly Hex[];
}

const hashRange = 1n << 256n;

/**
 * Draws a committee. Offline operators do not affect the others: everybody who would have a seat without them has one.
 * If there are no more operators than seats, all are in. Throws a RangeError for a size below 1, a stake of zero or
 * less, or a duplicate operator.
 */
export function drawCommittee({ beacon, epoch, size, pool, offline }: CommitteeDraw): Committee {
  if (!Number.isInteger(size) || size < 1) throw new RangeError(`A committee of ${size} cannot be drawn.`);
  const left = inOrder(pool);
  const next = numbersBelow(beacon, epoch, setDigest(left));
  const drawn: Hex[] = [];
  const members: Member[] = [];
  let stake = left.reduce((sum, { weight }) => sum + weight, 0n);
  while (members.length < size && left.length > 0) {
    const [member] = left.splice(placeOf(left, next(stake)), 1);
    if (member === undefined) throw new RangeError('The draw left the pool.');
    stake -= member.weight;
    drawn.push(member.operator);
    if (offline?.has(member.operator) !== true) members.push(member);
  }
  return { members: inOrder(members), drawn };
}

function inOrder(pool: readonly Member[]): Member[] {
  const ascending = [...pool].sort((a, b) => (a.operator < b.operator ? -1 : 1));
  for (const [index, { operator, weight }] of ascending.entries()) {
    if (weight <= 0n) throw new RangeError(`The stake of ${operator} is not above zero.`);
    if (ascending[index - 1]?.operator === operator) throw new RangeError(`${operator} is in the pool twice.`);
  }
  return ascending;
}

/** The index of the operator whose range of cumulative stakes contains `point`. */
function placeOf(left: readonly Member[], point: bigint): number {
  let reached = 0n;
  return left.findIndex(({ weight }) => {
    reached += weight;
    return point < reached;
  });
}

/** A sequence of uniform numbers below a bound. Each hash is used once. */
function numbersBelow(beacon: Hex, epoch: number, pool: Hex): (bound: bigint) => bigint {
  let counter = 0;
  const head = concatBytes(utf8('assay committee v1'), fromHex(beacon), integer(epoch), fromHex(pool));
  return (bound) => {
    const fair = hashRange - (hashRange % bound);
    for (;;) {
      const value = BigInt(keccak256(concatBytes(head, integer(counter++))));
      if (value < fair) return value % bound;
    }
  };
}

/** A uint64, big endian. */
function integer(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return bytes;
}
