/** The slashing contract: cases of operators that signed two observations which cannot both be honest. */
import { slashingAbi } from '@assay/contracts/generated/slashing';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { fromHex, keccak256 } from '@assay/protocol/encoding/bytes';
import { type Role, roleIndex } from '@assay/protocol/observation/role';
import type { Keyring } from '@assay/protocol/ports';
import {
  encodeAbiParameters,
  encodeFunctionData,
  type PublicClient,
  parseEventLogs,
  type TransactionReceipt,
} from 'viem';
import { asked, evmClient } from './client.ts';
import { EvmTransmitter, type TransmitterOptions } from './transmitter.ts';

/** Where the contract is; with `transmitterKey` one can report and execute. */
export interface SlashingOptions {
  /** One RPC address or several, with commas between. */
  readonly rpcUrl: string;
  readonly slashing: Hex;
  readonly transmitterKey?: Keyring;
  readonly transmitter?: TransmitterOptions;
}

/** The subject of a case; there is at most one case for each. */
export interface CaseSubject {
  readonly operator: Hex;
  readonly epoch: number;
  readonly taskId: Hex;
  readonly role: Role;
}

/** In the order of the contract's enum. */
const standings = ['none', 'open', 'executed', 'dismissed'] as const;

/** A case in the contract; without a report its standing is `none` and everything else is zero. */
export interface SlashingCase {
  readonly standing: (typeof standings)[number];
  readonly reporter: Hex;
  /** The end of its dispute window, seconds since 1970. */
  readonly executableFrom: number;
}

/** The addresses that the contract belongs to. */
export interface SlashingPlace {
  readonly hub: Hex;
  readonly registry: Hex;
}

/** The contract refused; `code` is the name of its error. */
export interface SlashingRefused {
  readonly status: 'refused';
  readonly code: string;
  readonly detail: string;
}

export type ReportOutcome =
  | {
      readonly status: 'reported';
      readonly caseId: Hex;
      readonly executableFrom: number;
      readonly transactionHash: Hex;
      /** What its gas cost, in wei. */
      readonly paid: bigint;
    }
  | SlashingRefused;

/** `taken` and `reward` in the smallest unit of the stake's token. */
export type ExecuteOutcome =
  | { readonly status: 'executed'; readonly taken: bigint; readonly reward: bigint; readonly transactionHash: Hex }
  | SlashingRefused;

/** The slashing contract. Methods reject with an Error when no RPC answers. */
export interface Slashing {
  place(): Promise<SlashingPlace>;
  caseOf(caseId: Hex): Promise<SlashingCase>;
  /** The most that the gas of a report may cost now, in wei; or why the contract refuses it. */
  reportCostMax(evidence: Hex): Promise<bigint | SlashingRefused>;
  /** Reports an equivocation from this process's account, and waits until it is in a block. */
  report(evidence: Hex): Promise<ReportOutcome>;
  /** Takes the stake of a case whose dispute window is over. */
  execute(caseId: Hex): Promise<ExecuteOutcome>;
}

/** The id of a case, as the contract computes it. */
export function caseIdOf({ operator, epoch, taskId, role }: CaseSubject): Hex {
  const encoded = encodeAbiParameters(
    [{ type: 'address' }, { type: 'uint64' }, { type: 'bytes32' }, { type: 'uint8' }],
    [operator, BigInt(epoch), taskId, roleIndex(role)],
  );
  return keccak256(fromHex(encoded));
}

/** The contract behind an RPC. Nothing is asked before the first call. */
export function connectSlashing(options: SlashingOptions): Slashing {
  const client = evmClient(options.rpcUrl);
  const contract = { address: options.slashing, abi: slashingAbi } as const;
  const { transmitterKey } = options;
  const transmitter =
    transmitterKey === undefined ? undefined : new EvmTransmitter(client, transmitterKey, options.transmitter);
  const account = () => {
    if (transmitter === undefined) throw new Error('This process has no transmitter key: it cannot send anything.');
    return transmitter;
  };
  const send = (data: Hex) => account().send(options.slashing, data);
  const reportData = (evidence: Hex) =>
    encodeFunctionData({ abi: slashingAbi, functionName: 'report', args: [evidence] });
  return {
    place: () => readPlace(client, options.slashing),
    caseOf: async (caseId) => {
      const { standing, reporter, executableFrom } = await asked(`case ${caseId}`, () =>
        client.readContract({ ...contract, functionName: 'caseOf', args: [caseId] }),
      );
      return { standing: standings[standing] ?? 'none', reporter: lower(reporter), executableFrom };
    },
    reportCostMax: async (evidence) => {
      const cost = await asked('the gas of a report', () => account().costMax(options.slashing, reportData(evidence)));
      return typeof cost === 'bigint' ? cost : { status: 'refused', code: cost.name, detail: cost.detail };
    },
    report: async (evidence) => {
      const sent = await send(reportData(evidence));
      if ('revert' in sent) return { status: 'refused', code: sent.revert.name, detail: sent.revert.detail };
      const [event] = parseEventLogs({ abi: slashingAbi, eventName: 'EquivocationReported', logs: sent.receipt.logs });
      const { caseId, executableFrom } = event?.args ?? noEvent(sent.receipt);
      const { transactionHash, gasUsed, effectiveGasPrice } = sent.receipt;
      return { status: 'reported', caseId, executableFrom, transactionHash, paid: gasUsed * effectiveGasPrice };
    },
    execute: async (caseId) => {
      const sent = await send(encodeFunctionData({ abi: slashingAbi, functionName: 'execute', args: [caseId] }));
      if ('revert' in sent) return { status: 'refused', code: sent.revert.name, detail: sent.revert.detail };
      const [event] = parseEventLogs({ abi: slashingAbi, eventName: 'EquivocationSlashed', logs: sent.receipt.logs });
      const { taken, reward } = event?.args ?? noEvent(sent.receipt);
      return { status: 'executed', taken, reward, transactionHash: sent.receipt.transactionHash };
    },
  };
}

async function readPlace(client: PublicClient, address: Hex): Promise<SlashingPlace> {
  const contract = { address, abi: slashingAbi } as const;
  const [hub, registry] = await asked('the slashing contract', () =>
    Promise.all([
      client.readContract({ ...contract, functionName: 'hub' }),
      client.readContract({ ...contract, functionName: 'registry' }),
    ]),
  );
  return { hub: lower(hub), registry: lower(registry) };
}

function noEvent({ transactionHash, to }: TransactionReceipt): never {
  throw new Error(`Transaction ${transactionHash} left no event of a slashing contract. Check what is at ${to}.`);
}

function lower(address: Hex): Hex {
  return address.toLowerCase() as Hex;
}
