/** The transaction that puts VerdictPayments on a chain, for a hub and a token that payers can sign for. */
import { verdictPaymentsAbi, verdictPaymentsBytecode } from '@assay/contracts/generated/verdict-payments';
import type { Hex } from '@assay/protocol/encoding/bytes';
import type { Keyring } from '@assay/protocol/ports';
import { encodeDeployData, getContractAddress, type PublicClient, parseAbi, zeroAddress, zeroHash } from 'viem';
import { asked, evmClient, isUnreachable } from '../client.ts';
import { creationGas } from '../contract-creations.ts';
import { firstNonceOf } from '../network-steps.ts';
import type { PaidStep } from '../paid-steps.ts';

const coinAbi = parseAbi([
  'function name() view returns (string)',
  'function version() view returns (string)',
  'function authorizationState(address, bytes32) view returns (bool)',
]);

/** What the contract is created with. */
export interface PaymentsSettings {
  readonly hub: Hex;
  readonly token: Hex;
}

/** Where the contract is, or will be; addresses in lower case. */
export interface PlannedPayments {
  readonly address: Hex;
  /** That of the account which creates it. */
  readonly nonce: number;
}

/**
 * The creation of the contract by an account, or that which was begun.
 * @throws RangeError if payers cannot sign for the token by EIP-3009
 */
export async function paymentsCreation(
  rpcUrl: string,
  account: Keyring,
  settings: PaymentsSettings,
  begun: PlannedPayments | undefined,
): Promise<{ readonly planned: PlannedPayments; readonly step: PaidStep }> {
  const client = evmClient(rpcUrl);
  await requireCoin(client, settings.token);
  const planned = await place(client, rpcUrl, { account: account.address, settings, begun });
  const data = encodeDeployData({
    abi: verdictPaymentsAbi,
    bytecode: verdictPaymentsBytecode,
    args: [settings.hub, settings.token],
  });
  const step: PaidStep = {
    what: `Deploying VerdictPayments for the token ${settings.token}`,
    account,
    data,
    nonce: planned.nonce,
    gas: creationGas(data),
    isDone: () => isThere(client, planned.address, settings),
  };
  return { planned, step };
}

/** One that was begun counts where the contract is there, or where this account can still create it there. */
async function place(
  client: PublicClient,
  rpcUrl: string,
  on: { readonly account: Hex; readonly settings: PaymentsSettings; readonly begun: PlannedPayments | undefined },
): Promise<PlannedPayments> {
  const { account, settings, begun } = on;
  const at = (nonce: number): PlannedPayments => ({
    nonce,
    address: getContractAddress({ from: account, nonce: BigInt(nonce) }).toLowerCase() as Hex,
  });
  if (begun === undefined) return at(await firstNonceOf(rpcUrl, account, undefined));
  if (await isThere(client, begun.address, settings)) return begun;
  const used = await asked('the account', () => client.getTransactionCount({ address: account }));
  const isOpen = at(begun.nonce).address === begun.address && used <= begun.nonce;
  return isOpen ? begun : at(await firstNonceOf(rpcUrl, account, undefined));
}

/** Whether the contract at an address is VerdictPayments for this hub and token. */
async function isThere(client: PublicClient, address: Hex, { hub, token }: PaymentsSettings): Promise<boolean> {
  if ((await asked('code', () => client.getCode({ address }))) === undefined) return false;
  const at = { address, abi: verdictPaymentsAbi } as const;
  try {
    const [itsHub, itsToken] = await Promise.all([
      client.readContract({ ...at, functionName: 'hub' }),
      client.readContract({ ...at, functionName: 'token' }),
    ]);
    return itsHub.toLowerCase() === hub && itsToken.toLowerCase() === token;
  } catch (error) {
    if (isUnreachable(error)) throw error;
    return false;
  }
}

async function requireCoin(client: PublicClient, address: Hex): Promise<void> {
  const at = { address, abi: coinAbi } as const;
  try {
    await Promise.all([
      client.readContract({ ...at, functionName: 'name' }),
      client.readContract({ ...at, functionName: 'version' }),
      client.readContract({ ...at, functionName: 'authorizationState', args: [zeroAddress, zeroHash] }),
    ]);
  } catch (error) {
    if (isUnreachable(error)) throw error;
    throw new RangeError(
      `The token ${address} has not name, version and authorizationState (EIP-3009). Name one that has them, as USDC.`,
      { cause: error },
    );
  }
}
