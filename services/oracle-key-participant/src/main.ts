/** The oracle key participant: the Oracle's side of every session, and content keys for validators. */
import { randomBytes } from 'node:crypto';
import { connectEvmChain } from '@assay/adapters/evm/chain';
import { connectSessionLedger } from '@assay/adapters/evm/session-ledger';
import { readSecretFile } from '@assay/adapters/keys/key-file';
import { policyViews } from '@assay/composition/policy-files';
import { connectServicePorts } from '@assay/composition/service-ports';
import { fromHex, type Hex, toHex } from '@assay/protocol/encoding/bytes';
import type { Bus } from '@assay/protocol/ports';
import { AuditWriter } from '@assay/runtime/audit/audit-log';
import { Epochs, type EpochView } from '@assay/runtime/service/epochs';
import { runService } from '@assay/runtime/service/service';
import { fromSetting, readSettings } from '@assay/runtime/service/settings';
import { TaskSource } from '@assay/runtime/validator/task-source';
import { identityOf } from '@assay/session-keys/identity/identity';
import { settings as shape } from './config.ts';
import { noneSent, type ParticipantEpoch } from './participant.ts';
import { runParticipant } from './run-participant.ts';
import { SessionStore } from './session-store.ts';

const service = 'oracle-key-participant';

await runService(service, async () => {
  const settings = readSettings(shape, process.env);
  const secretOf = (name: 'ORACLE_KEY_FILE' | 'AGREEMENT_KEY_FILE' | 'KEY_ENCRYPTION_KEY_FILE') =>
    fromSetting(name, () => fromHex(readSecretFile(settings[name]) as Hex));
  const secret = {
    signingKey: secretOf('ORACLE_KEY_FILE'),
    agreementSecret: secretOf('AGREEMENT_KEY_FILE'),
  };
  const keyEncryptionKey = secretOf('KEY_ENCRYPTION_KEY_FILE');
  const ports = await connectServicePorts({
    service,
    settings,
    identity: { kind: 'participant' },
    cachePrefix: service,
  });
  const { HUB_ADDRESS: hub, REGISTRY_ADDRESS: registry, KEYSTORE_ADDRESS: keystore } = settings;
  const chain = connectEvmChain({ rpcUrl: settings.CHAIN_RPC_URL, hub, registry, keystore, log: ports.telemetry.log });
  const { log } = ports.telemetry;
  const viewOf = policyViews(settings.POLICIES_FILE);
  const epochs = await Epochs.read({ chain, clock: ports.clock, telemetry: ports.telemetry, viewOf });
  const ledger =
    settings.RECORD_SESSIONS === 'true'
      ? connectSessionLedger({ rpcUrl: settings.CHAIN_RPC_URL, keystore, oracleKey: toHex(secret.signingKey), log })
      : undefined;
  const records = new AuditWriter({ ...ports, service: 'participant', instance: settings.INSTANCE });
  const random = (length: number) => new Uint8Array(randomBytes(length));
  const participant = {
    ...ports,
    chain,
    epochs: epochsWithTasks(epochs, ports.bus),
    records,
    sessions: new SessionStore(ports.cache, keyEncryptionKey, random, ports.clock),
    sent: noneSent(),
    ledger,
    identity: identityOf('oracle', secret),
    secret,
    random,
  };
  return {
    telemetry: ports.telemetry,
    health: ports.health,
    healthHost: settings.HEALTH_HOST,
    healthPort: settings.HEALTH_PORT,
    run: async (signal) => {
      await Promise.all([epochs.run(signal), runParticipant(participant, signal), records.run(signal)]);
    },
    close: () => ports.close(),
  };
});

/** The epochs, each with one source of its tasks. */
function epochsWithTasks(epochs: Epochs, bus: Bus): () => ParticipantEpoch[] {
  const known = new WeakMap<EpochView, ParticipantEpoch>();
  return () =>
    epochs.views().map((view) => {
      const present = known.get(view) ?? { ...view, tasks: new TaskSource(bus, view) };
      known.set(view, present);
      return present;
    });
}
