/** The semantic validator: checks whether a submission answers the prompt. */
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
import { wireValidator } from '@assay/runtime/validator/validator-service';
import { settings as shape } from './config.ts';
import { semanticRole } from './handler.ts';

const service = 'semantic-validator';
const role = 'semantic';

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
  const thread = await startWorkThread({
    entry: entryBeside(import.meta.url, 'check-thread'),
    data: { policies: [...view.policies.values()] },
    log: ports.telemetry.log,
  });
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
    check: semanticRole(thread),
    thread,
  });
});
