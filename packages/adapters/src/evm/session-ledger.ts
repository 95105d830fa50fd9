/** The keystore contract's record of sessions, as one Oracle writes it. */
import { sessionKeystoreAbi } from '@assay/contracts/generated/session-keystore';
import type { Hex } from '@assay/protocol/encoding/bytes';
import type { Log, SessionEntry, SessionLedger } from '@assay/protocol/ports';
import { encodeFunctionData } from 'viem';
import { noOpLogger } from '../telemetry/no-op-logger.ts';
import { evmClient } from './client.ts';
import { EvmTransmitter } from './transmitter.ts';

const methodNumbers = { 'method-1': 1, 'method-2': 2 } as const;

/** Writes entries from the Oracle's own account; entries from other accounts do not count as its sessions. */
export function connectSessionLedger(options: {
  readonly rpcUrl: string;
  readonly keystore: Hex;
  readonly oracleKey: Hex;
  readonly log?: Log;
}): SessionLedger {
  const client = evmClient(options.rpcUrl);
  const transmitter = new EvmTransmitter(client, options.oracleKey, { log: options.log ?? noOpLogger });
  return {
    async record(entry) {
      const sent = await transmitter.send(options.keystore, callOf(entry));
      if ('revert' in sent) return { status: 'refused', detail: sent.revert.detail };
      return { status: 'recorded', gasUsed: Number(sent.receipt.gasUsed) };
    },
  };
}

function callOf(entry: SessionEntry): Hex {
  const abi = sessionKeystoreAbi;
  const { sessionId } = entry;
  if (entry.state === 'closed') return encodeFunctionData({ abi, functionName: 'closeSession', args: [sessionId] });
  if (entry.state === 'rekeyed') {
    return encodeFunctionData({ abi, functionName: 'rekeySession', args: [sessionId, entry.epoch] });
  }
  const { method, user, miner } = entry;
  if (entry.state === 'proposed') {
    const args = [sessionId, methodNumbers[method], user, miner] as const;
    return encodeFunctionData({ abi, functionName: 'proposeSession', args });
  }
  const args = [sessionId, methodNumbers[method], user, miner, entry.transcriptHash] as const;
  return encodeFunctionData({ abi, functionName: 'establishSession', args });
}
