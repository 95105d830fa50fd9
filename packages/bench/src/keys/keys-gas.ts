/** Gas of the keystore's calls on a local chain. */
import { anvilAccountKey } from '@assay/adapters/evm/anvil-accounts';
import { deployContracts, publishAgreementKey } from '@assay/adapters/evm/deploy-contracts';
import { connectSessionLedger } from '@assay/adapters/evm/session-ledger';
import { startAnvil } from '@assay/adapters/process/server-programs';
import { type Hex, toHex } from '@assay/protocol/encoding/bytes';
import type { SessionEntry } from '@assay/protocol/ports';
import { METHODS } from '@assay/session-keys/agreement/transcript';

/** Gas of one transaction of each kind; both methods cost the same. */
export interface RecordGas {
  /** For a session that is not on chain, and for one that is recorded as proposed. */
  readonly established: number;
  readonly proposed: number;
  readonly establishedFromProposed: number;
  readonly rekeyed: number;
  readonly closed: number;
}

const random32 = (): Hex => toHex(crypto.getRandomValues(new Uint8Array(32)));
const accountOf = (last: string): Hex => `0x${last.padStart(40, '0')}`;

/** Records one session of each method from its establishment to its close. */
export async function measureGas(): Promise<RecordGas> {
  const anvil = await startAnvil({ blockTimeSeconds: 0.1 });
  try {
    const rpcUrl = anvil.url;
    const oracleKey = anvilAccountKey(0);
    const operators = [{ privateKey: anvilAccountKey(1), stake: 1n }];
    const { keystore } = await deployContracts({
      rpcUrl,
      deployerKey: oracleKey,
      operators,
      policiesDigest: random32(),
    });
    await publishAgreementKey({ rpcUrl, keystore, privateKey: oracleKey, agreementKey: random32() });
    const ledger = connectSessionLedger({ rpcUrl, keystore, oracleKey });
    const gasOf = async (entry: SessionEntry): Promise<number> => {
      const recorded = await ledger.record(entry);
      if (recorded.status === 'refused') throw new Error(`the keystore refused ${entry.state}: ${recorded.detail}`);
      return recorded.gasUsed;
    };
    let gas: RecordGas | undefined;
    for (const method of METHODS) {
      const sessionId = random32();
      const parties = { method, user: accountOf('a1'), miner: accountOf('b2'), transcriptHash: random32() };
      const slow = { ...parties, sessionId: random32() };
      gas = {
        established: await gasOf({ state: 'established', sessionId, ...parties }),
        proposed: await gasOf({ state: 'proposed', ...slow }),
        establishedFromProposed: await gasOf({ state: 'established', ...slow }),
        rekeyed: await gasOf({ state: 'rekeyed', sessionId, epoch: 1 }),
        closed: await gasOf({ state: 'closed', sessionId }),
      };
    }
    if (gas === undefined) throw new Error('there is no method to measure');
    return gas;
  } finally {
    await anvil.stop();
  }
}
