/** `assay committee`: draws a committee, or checks somebody else's draw. */
import { blockBeacon } from '@assay/adapters/evm/blocks';
import { connectEvmChain } from '@assay/adapters/evm/chain';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { type CommitteeFile, readCommitteeFile, repeatDraw } from '../network/committee-file.ts';
import { print } from '../output/terminal.ts';
import { UsageError } from './usage-error.ts';

export interface CommitteeCommand {
  readonly rpc?: string;
  readonly hub?: Hex;
  readonly registry?: Hex;
  readonly json: boolean;
}

/** Prints the committee and the errors of the written draw; resolves with 0 if there are none. */
export async function committeeCommand(file: string, options: CommitteeCommand): Promise<number> {
  const written = await readCommitteeFile(file);
  const { members, drawn } = repeatDraw(written);
  const operators = members.map(({ operator }) => operator);
  const wrong = [
    ...(written.members === undefined
      ? []
      : unlike(
          'the members of the file',
          operators,
          written.members.map(({ operator }) => operator),
        )),
    ...(await unlikeChain(written, operators, options)),
  ];
  if (options.json) print(JSON.stringify({ members: operators, drawn, wrong }));
  else {
    for (const { operator, weight } of members) print(`${operator}  ${weight}`);
    for (const one of wrong) print(`NOT the draw: ${one}`);
    if (wrong.length === 0)
      print(`the draw of epoch ${written.epoch} holds: ${members.length} of ${written.pool.length} operators`);
  }
  return wrong.length === 0 ? 0 : 1;
}

function unlike(what: string, drawn: readonly string[], given: readonly string[]): string[] {
  return [...given].sort().join() === drawn.join() ? [] : [`${what} are ${[...given].sort().join(', ')}`];
}

/** Differences from the chain: the beacon of the block, and the set of the epoch. */
async function unlikeChain(
  { beacon, blockNumber, epoch }: CommitteeFile,
  operators: readonly Hex[],
  { rpc, hub, registry }: CommitteeCommand,
): Promise<string[]> {
  if (rpc === undefined) return [];
  const wrong: string[] = [];
  if (blockNumber !== undefined) {
    const onChain = await blockBeacon(rpc, blockNumber);
    if (onChain.beacon !== beacon) wrong.push(`block ${blockNumber} has the beacon ${onChain.beacon}`);
  }
  if (hub === undefined && registry === undefined) return wrong;
  if (hub === undefined || registry === undefined) throw new UsageError('Name both contracts: --hub and --registry.');
  const network = await connectEvmChain({ rpcUrl: rpc, hub, registry }).network();
  if (network.epoch !== epoch) wrong.push(`the chain is in epoch ${network.epoch}`);
  wrong.push(
    ...unlike(
      'the members on chain',
      operators,
      network.members.map(({ operator }) => operator),
    ),
  );
  return wrong;
}
