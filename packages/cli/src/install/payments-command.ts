/** `assay payments deploy`: the contract that pays for answers by their verdicts, for a network that is on its chain. */
import { chainIdOf } from '@assay/adapters/evm/network-steps';
import { paymentsCreation } from '@assay/adapters/evm/payments/payment-steps';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { UsageError } from '../commands/usage-error.ts';
import { print } from '../output/terminal.ts';
import { contractsOf, readNetworkFolder, writeNetworkFolder } from './network-folder.ts';
import { carryOut, type PaidCommand, payerOf, presetOf } from './paid-command.ts';

/** Options of `payments deploy`. */
export interface DeployPaymentsCommand extends PaidCommand {
  /** The token that is paid with; it must have EIP-3009. */
  readonly token: Hex;
}

/** Deploys it unless it is there, and says what the Router has to be told. Resolves with the exit code. */
export async function deployPaymentsCommand(folder: string, options: DeployPaymentsCommand): Promise<number> {
  const network = await readNetworkFolder(folder);
  const { hub } = contractsOf(network, folder);
  const { token, rpc } = options;
  const account = await payerOf(folder, network, options);
  const preset = presetOf(network, await chainIdOf(rpc));
  const begun = network.payments?.find((one) => one.token === token);
  const { planned, step } = await creationOf(rpc, account, { hub, token }, begun);
  const isSending = options.confirm && !options.dryRun;
  // Before the transaction: whoever is interrupted goes on with this address.
  if (isSending) {
    const others = network.payments?.filter((one) => one.token !== token) ?? [];
    await writeNetworkFolder(folder, { ...network, payments: [...others, { token, ...planned }] });
  }
  const code = await carryOut([step], options, preset, { payments: planned.address, token });
  if (isSending && !options.json) print(`For the Router: PAYMENTS_ADDRESS=${planned.address}`);
  return code;
}

async function creationOf(...given: Parameters<typeof paymentsCreation>): ReturnType<typeof paymentsCreation> {
  try {
    return await paymentsCreation(...given);
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(error.message, { cause: error });
    throw error;
  }
}
