/** What a node means when it does not take a transaction: clients of Ethereum have no common codes for it, only words. */

/** `taken`: the node has it, now or from before. `place-used`: a block has filled its nonce. */
export type SendOutcome = 'taken' | 'underpriced' | 'place-used' | 'no-funds' | 'failed';

/** Words of geth, reth, nethermind, erigon, besu and anvil. */
const words: readonly (readonly [SendOutcome, RegExp])[] = [
  ['taken', /already known|already imported|alreadyknown|known transaction/i],
  ['place-used', /nonce too low|lower than the current nonce|nonce is too low|old nonce|oldnonce/i],
  ['underpriced', /underpriced|feetoolow|fee too low|less than block base fee|below the minimum/i],
  ['no-funds', /insufficient funds|exceeds the balance|insufficientfunds/i],
];

/** Reads the words of an error and of its causes. */
export function sendOutcomeOf(error: unknown): SendOutcome {
  const text = wholeText(error);
  return words.find(([, pattern]) => pattern.test(text))?.[0] ?? 'failed';
}

function wholeText(error: unknown): string {
  if (!(error instanceof Error)) return '';
  const details = 'details' in error && typeof error.details === 'string' ? error.details : '';
  return `${error.message} ${details} ${wholeText(error.cause)}`;
}
