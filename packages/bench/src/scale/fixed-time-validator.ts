/**
 * A checksum verifier whose check also waits for a fixed time. Replicas then do not compete for one machine's
 * processors, so the bench shows whether the network itself scales. Only for `assay bench scale`.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { connectEvmChain } from '@assay/adapters/evm/chain';
import { operatorKeyring } from '@assay/adapters/keys/keyring-settings';
import { checksumCheck } from '@assay/checks/checksum/checksum-check';
import { connectOperatorPorts } from '@assay/composition/operator-ports';
import { viewOf } from '@assay/runtime/service/network-view';
import { runService } from '@assay/runtime/service/service';
import { readSettings, validatorSettings } from '@assay/runtime/service/settings';
import { wireValidator } from '@assay/runtime/validator/validator-service';
import { z } from 'zod';

const service = 'checksum-verifier';
const role = 'checksum';
const shape = {
  ...validatorSettings,
  CHECK_MS: z.coerce.number().min(0).max(60_000).describe('What the check takes, milliseconds'),
} as const;

await runService(service, async () => {
  const settings = readSettings(shape, process.env);
  const keyring = await operatorKeyring(settings);
  const operator = keyring.address;
  const identity = { kind: 'validator', operator, role } as const;
  const ports = await connectOperatorPorts({ service, settings, identity }, keyring);
  const { HUB_ADDRESS: hub, REGISTRY_ADDRESS: registry, KEYSTORE_ADDRESS: keystore } = settings;
  const chain = connectEvmChain({ rpcUrl: settings.CHAIN_RPC_URL, hub, registry, keystore, log: ports.telemetry.log });
  const view = viewOf(await chain.network(), readFileSync(settings.POLICIES_FILE, 'utf8'), settings.POLICIES_FILE);
  return wireValidator({
    role,
    settings,
    ports,
    chain,
    keyring,
    view,
    random: (length: number) => new Uint8Array(randomBytes(length)),
    oracle: settings.ORACLE_ADDRESS,
    check: async (input) => {
      await pause(settings.CHECK_MS);
      return checksumCheck({ ...input, domain: view.network });
    },
  });
});
