/** The client of an EVM chain's RPC, shared by all users of it. */
import { assayHubAbi } from '@assay/contracts/generated/assay-hub';
import { slashingAbi } from '@assay/contracts/generated/slashing';
import { validatorRegistryAbi } from '@assay/contracts/generated/validator-registry';
import { verdictPaymentsAbi } from '@assay/contracts/generated/verdict-payments';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { errorText } from '@assay/protocol/error-text';
import { ChainUnreachable } from '@assay/protocol/network/chain-unreachable';
import {
  BaseError,
  BlockNotFoundError,
  createPublicClient,
  decodeErrorResult,
  type PublicClient,
  TransactionReceiptNotFoundError,
} from 'viem';
import { evmTransport } from './endpoints.ts';

/** A client over one RPC address or several, with commas between. */
export function evmClient(rpcUrl: string): PublicClient {
  return createPublicClient({ transport: evmTransport(rpcUrl), cacheTime: 0 });
}

/**
 * Runs a request to the chain; a failure's message names the request. A block or receipt that was there a moment ago and
 * that the RPC does not find counts as an RPC that does not respond: another one was asked, or a reorganisation removed it.
 */
export async function asked<T>(what: string, question: () => Promise<T>): Promise<T> {
  try {
    return await question();
  } catch (error) {
    const unreachable = unreachableIn(error) ?? missingIn(error);
    // viem wraps it in errors that say nothing.
    const reason = errorText(unreachable ?? error).replace(/\.$/, '');
    const message = `The chain could not be read for ${what}: ${reason}. Check the RPC's address and the contracts' addresses.`;
    throw unreachable !== undefined
      ? new ChainUnreachable(message, { cause: error })
      : new Error(message, { cause: error });
  }
}

/** True if no RPC responded, at any depth of the causes. */
export function isUnreachable(error: unknown): boolean {
  return unreachableIn(error) !== undefined;
}

function unreachableIn(error: unknown): ChainUnreachable | undefined {
  if (!(error instanceof Error)) return undefined;
  return error instanceof ChainUnreachable ? error : unreachableIn(error.cause);
}

/** viem's error for an answer of null. */
function missingIn(error: unknown): Error | undefined {
  return error instanceof BlockNotFoundError || error instanceof TransactionReceiptNotFoundError ? error : undefined;
}

/** Why a contract refused: the error's name and arguments. */
export interface Revert {
  readonly name: string;
  readonly detail: string;
}

/** The contract's own error inside an error of viem; undefined if the call did not fail in a contract. */
export function revertOf(error: unknown): Revert | undefined {
  if (!(error instanceof BaseError)) return undefined;
  const withData = error.walk((inner) => revertData(inner) !== undefined);
  const data = withData === null ? undefined : revertData(withData);
  if (data !== undefined) return decoded(data);
  const reverted = error.walk((inner) => inner instanceof Error && inner.name === 'ExecutionRevertedError');
  return reverted === null ? undefined : { name: 'Reverted', detail: 'The contract gave no reason.' };
}

function revertData(error: unknown): Hex | undefined {
  if (typeof error !== 'object' || error === null || !('data' in error)) return undefined;
  const data: unknown = error.data;
  if (typeof data === 'object' && data !== null) return revertData(data);
  return typeof data === 'string' && /^0x[0-9a-f]{8}/i.test(data) ? (data as Hex) : undefined;
}

function decoded(data: Hex): Revert {
  try {
    const { errorName, args } = decodeErrorResult({
      abi: [...assayHubAbi, ...validatorRegistryAbi, ...slashingAbi, ...verdictPaymentsAbi],
      data,
    });
    return { name: errorName, detail: `${errorName}(${(args ?? []).map(String).join(', ')})` };
  } catch {
    // An error that none of our ABIs declares is still an answer of a contract.
    return { name: 'Reverted', detail: `The contract reverted with ${data.slice(0, 10)}.` };
  }
}

/** What a node means when it does not take a transaction. `taken`: the node has it, now or from before. `place-used`: a block has filled its nonce. */
export type SendOutcome = 'taken' | 'underpriced' | 'place-used' | 'no-funds' | 'failed';

/** Messages of geth, reth, nethermind, erigon, besu and anvil. */
const sendWords: readonly (readonly [SendOutcome, RegExp])[] = [
  ['taken', /already known|already imported|alreadyknown|known transaction/i],
  ['place-used', /nonce too low|lower than the current nonce|nonce is too low|old nonce|oldnonce/i],
  ['underpriced', /underpriced|feetoolow|fee too low|less than block base fee|below the minimum/i],
  ['no-funds', /insufficient funds|exceeds the balance|insufficientfunds/i],
];

/** Reads the messages of an error and of its causes. */
export function sendOutcomeOf(error: unknown): SendOutcome {
  const text = wholeText(error);
  return sendWords.find(([, pattern]) => pattern.test(text))?.[0] ?? 'failed';
}

function wholeText(error: unknown): string {
  if (!(error instanceof Error)) return '';
  const details = 'details' in error && typeof error.details === 'string' ? error.details : '';
  return `${error.message} ${details} ${wholeText(error.cause)}`;
}
