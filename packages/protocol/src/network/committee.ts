/**
 * The committee of an epoch, where the pool of operators is larger than one committee: drawn by stake from a beacon value
 * that nobody could choose, so that anybody who has the beacon and the pool comes to the same one.
 *
 * Successive sampling: member after member is drawn with a probability in proportion to its stake among those not drawn
 * yet (weighted random sampling without replacement; Efraimidis and Spirakis, 2006, algorithm D). Integers only. Each number
 * below a bound comes from Keccak-256 in counter mode, with rejection of what would favour the low ones (Lemire, 2019, §2).
 */
import { concatBytes, fromHex, type Hex, keccak256, utf8 } from '../encoding/bytes.ts';
import { type Member, setDigest } from './validator-set.ts';

/** What a draw is made from. */
export interface CommitteeDraw {
  /** 32 bytes that nobody could choose or foresee when the pool was fixed: a block's prevrandao, a round of drand. */
  readonly beacon: Hex;
  readonly epoch: number;
  /** Seats of the committee, from 1. */
  readonly size: number;
  /** All operators with their stakes, each there once, in any order. */
  readonly pool: readonly Member[];
  /** Operators that are known to be away: the next ones of the draw take their seats. */
  readonly offline?: ReadonlySet<Hex>;
}

/** A drawn committee. */
export interface Committee {
  /** Ascending by operator, as an epoch's snapshot has them. */
  readonly members: readonly Member[];
  /** Operators in the order in which they were drawn, with those away: whoever checks a draw sees who was passed over. */
  readonly drawn: readonly Hex[];
}

const hashRange = 1n << 256n;

/**
 * Draws a committee. Those away change nothing for the others: everybody who would have had a seat without them has one.
 * With no more operators than seats all are in. Throws a RangeError for a size below 1, a stake of zero or less, or an
 * operator that is there twice.
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

/** The place whose stretch of the stakes, laid end to end, holds `point`. */
function placeOf(left: readonly Member[], point: bigint): number {
  let reached = 0n;
  return left.findIndex(({ weight }) => {
    reached += weight;
    return point < reached;
  });
}

/** Uniform numbers below a bound, one after the other; each hash is used once. */
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
