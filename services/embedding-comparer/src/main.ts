/** The embedding comparer: compares submissions by sentence embeddings. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connectEvmChain } from '@assay/adapters/evm/chain';
import { operatorKeyring } from '@assay/adapters/keys/keyring-settings';
import { entryBeside } from '@assay/adapters/process/entry-file';
import { startWorkThread } from '@assay/adapters/process/work-thread';
import { connectOperatorPorts } from '@assay/composition/operator-ports';
import { viewOf } from '@assay/runtime/service/network-view';
import { runService } from '@assay/runtime/service/service';
import { fromSetting, fromSettingLater, readSettings } from '@assay/runtime/service/settings';
import { type ComparerFacts, type ComparerSetup, comparerCheck } from '@assay/runtime/validator/comparer-check';
import { wireValidator } from '@assay/runtime/validator/validator-service';

import { settings as shape } from './config.ts';
import { requireModel } from './handler.ts';

// Otherwise ONNX Runtime reports usage to its vendor.
process.env.ORT_DISABLE_TELEMETRY ??= '1';

const service = 'embedding-comparer';
const role = 'embedding';

await runService(service, async () => {
  const settings = readSettings(shape, process.env);
  const keyring = await fromSettingLater('OPERATOR_KEY_FILE', () => operatorKeyring(settings));
  const operator = keyring.address;
  const identity = { kind: 'validator', operator, role } as const;
  const ports = await connectOperatorPorts({ service, settings, identity }, keyring);
  const { HUB_ADDRESS: hub, REGISTRY_ADDRESS: registry, KEYSTORE_ADDRESS: keystore } = settings;
  const chain = connectEvmChain({ rpcUrl: settings.CHAIN_RPC_URL, hub, registry, keystore, log: ports.telemetry.log });
  const policiesText = fromSetting('POLICIES_FILE', () => readFileSync(settings.POLICIES_FILE, 'utf8'));
  const view = viewOf(await chain.network(), policiesText, settings.POLICIES_FILE);
  const thread = await startWorkThread<ComparerFacts>({
    entry: entryBeside(import.meta.url, 'check-thread'),
    data: {
      modelDir: settings.MODEL_DIR,
      modelName: settings.EMBEDDING_MODEL,
      allowRemote: settings.ALLOW_REMOTE_MODEL === 'true',
      threads: settings.MODEL_THREADS,
      policies: [...view.policies.values()],
    } satisfies ComparerSetup,
    log: ports.telemetry.log,
  });
  ports.telemetry.log.info('embedding model loaded', { model: settings.EMBEDDING_MODEL, ...thread.facts });
  requireModel(thread.facts.modelDigest, view.policies.values());
  const check = comparerCheck({ thread, cache: ports.cache, telemetry: ports.telemetry });
  const random = (length: number) => new Uint8Array(randomBytes(length));
  return wireValidator({
    role,
    settings,
    ports,
    chain,
    keyring,
    view,
    random,
    oracle: settings.ORACLE_ADDRESS,
    check,
    thread,
  });
});
