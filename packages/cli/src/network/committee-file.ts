/** The written draw of an epoch's committee, which anybody can repeat. */
import { readFile } from 'node:fs/promises';
import { blockBeacon } from '@assay/adapters/evm/blocks';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { checkShape } from '@assay/protocol/encoding/decode';
import { addressSchema, countSchema, digestSchema } from '@assay/protocol/encoding/fields';
import { limits } from '@assay/protocol/limits';
import { type Committee, drawCommittee } from '@assay/protocol/network/committee';
import { z } from 'zod';

const memberSchema = z.strictObject({
  operator: addressSchema,
  weight: z.string().regex(/^[1-9][0-9]{0,28}$/, 'must be a whole number above zero, as text'),
});

/** Schema of a written draw; `members` is its result, absent before the draw. */
export const committeeFileSchema = z.strictObject({
  beacon: digestSchema,
  /** The block whose prevrandao is the beacon, if it is one. */
  blockNumber: z.int().min(0).optional(),
  epoch: countSchema,
  size: z.int().min(1).max(limits.operatorsMax),
  pool: z.array(memberSchema).min(1).max(limits.poolOperatorsMax),
  offline: z.array(addressSchema).max(limits.poolOperatorsMax).optional(),
  members: z.array(memberSchema).optional(),
});

export type CommitteeFile = z.infer<typeof committeeFileSchema>;

/** Reads a draw: the file itself, or the output of `assay set-up`, which contains it as `committee`. */
export async function readCommitteeFile(file: string): Promise<CommitteeFile> {
  const value: unknown = JSON.parse(await readFile(file, 'utf8'));
  const inner = typeof value === 'object' && value !== null && 'committee' in value ? value.committee : value;
  const checked = checkShape(committeeFileSchema, inner);
  if (!checked.ok) throw new Error(`The draw in ${file} is wrong: ${checked.refusal.detail}`);
  return checked.value;
}

/** Repeats a written draw. */
export function repeatDraw({ beacon, epoch, size, pool, offline }: CommitteeFile): Committee {
  const stakes = pool.map(({ operator, weight }) => ({ operator, weight: BigInt(weight) }));
  return drawCommittee({ beacon, epoch, size, pool: stakes, offline: new Set(offline ?? []) });
}

/** Draws the committee of a new network's first epoch from the chain's latest block and returns the written draw. */
export async function drawFirstCommittee(
  rpcUrl: string,
  size: number,
  pool: readonly { readonly address: Hex; readonly stake: bigint }[],
): Promise<CommitteeFile> {
  const written = {
    ...(await blockBeacon(rpcUrl)),
    epoch: 1,
    size,
    pool: pool.map(({ address, stake }) => ({ operator: address, weight: String(stake) })),
  };
  const { members } = repeatDraw(written);
  return { ...written, members: members.map(({ operator, weight }) => ({ operator, weight: String(weight) })) };
}

/** The members of a pool by a draw; all of them without a draw. */
export function membersOf<T extends { readonly address: Hex }>(
  pool: readonly T[],
  draw: CommitteeFile | undefined,
): T[] {
  const members = new Set(draw?.members?.map(({ operator }) => operator));
  return draw === undefined ? [...pool] : pool.filter(({ address }) => members.has(address));
}
