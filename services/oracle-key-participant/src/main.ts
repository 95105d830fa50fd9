/** The oracle key participant: the Oracle's side of every session, and content keys for validators. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connectEvmChain } from '@assay/adapters/evm/chain';
import { connectSessionLedger } from '@assay/adapters/evm/session-ledger';
import { readSecretFile } from '@assay/adapters/keys/key-file';
import { connectServicePorts } from '@assay/composition/service-ports';
import { fromHex, type Hex, toHex } from '@assay/protocol/encoding/bytes';
import { viewOf } from '@assay/runtime/service/network-view';
import { runService } from '@assay/runtime/service/service';
import { fromSetting, readSettings } from '@assay/runtime/service/settings';
import { TaskSource } from '@assay/runtime/validator/task-source';
import { identityOf } from '@assay/session-keys/identity/identity';
import { settings as shape } from './config.ts';
import { noneSent } from './participant.ts';
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
  const policiesText = fromSetting('POLICIES_FILE', () => readFileSync(settings.POLICIES_FILE, 'utf8'));
  const view = viewOf(await chain.network(), policiesText, settings.POLICIES_FILE);
  const { log } = ports.telemetry;
  const ledger =
    settings.RECORD_SESSIONS === 'true'
      ? connectSessionLedger({ rpcUrl: settings.CHAIN_RPC_URL, keystore, oracleKey: toHex(secret.signingKey), log })
      : undefined;
  const random = (length: number) => new Uint8Array(randomBytes(length));
  const participant = {
    ...ports,
    view,
    chain,
    tasks: new TaskSource(ports.bus, view.policies),
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
    run: (signal) => runParticipant(participant, signal),
    close: () => ports.close(),
  };
});
