/** One operator of the consensus bench as a process: its validators with the services' own loop, without a model. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connectEvmChain } from '@assay/adapters/evm/chain';
import { operatorKeyring } from '@assay/adapters/keys/keyring-settings';
import { checksumCheck } from '@assay/checks/checksum/checksum-check';
import { connectOperatorPorts } from '@assay/composition/operator-ports';
import { type Role, roles } from '@assay/protocol/observation/role';
import type { Bus } from '@assay/protocol/ports';
import { type NetworkView, viewOf } from '@assay/runtime/service/network-view';
import { runService, type Wired } from '@assay/runtime/service/service';
import { readSettings, validatorSettings } from '@assay/runtime/service/settings';
import type { RoleCheck } from '@assay/runtime/validator/validator-context';
import { wireValidator } from '@assay/runtime/validator/validator-service';
import { z } from 'zod';

const shape = {
  ...validatorSettings,
  SLOW_MS: z.coerce.number().int().min(0).max(60_000).default(0).describe('How late each message of it leaves'),
};

await runService('bench-operator', async () => {
  const settings = readSettings(shape, process.env);
  const keyring = await operatorKeyring(settings);
  const { HUB_ADDRESS: hub, REGISTRY_ADDRESS: registry, KEYSTORE_ADDRESS: keystore } = settings;
  const chain = connectEvmChain({ rpcUrl: settings.CHAIN_RPC_URL, hub, registry, keystore });
  const policiesText = readFileSync(settings.POLICIES_FILE, 'utf8');
  const view = viewOf(await chain.network(), policiesText, settings.POLICIES_FILE);
  const random = (length: number) => new Uint8Array(randomBytes(length));
  const wired = await Promise.all(
    roles.map(async (role) => {
      const identity = { kind: 'validator', operator: keyring.address, role } as const;
      const service = `bench-${role}`;
      const ports = await connectOperatorPorts({ service, settings, identity }, keyring);
      const slow = { ...ports, bus: slowed(ports.bus, settings.SLOW_MS) };
      const check = contentCheck(view, role);
      return wireValidator({ role, settings, ports: slow, chain, keyring, view, random, oracle: undefined, check });
    }),
  );
  return together(wired);
});

/**
 * Every role runs the same check: content against its CIDs and commitments. It needs no model, because the bench
 * measures agreement.
 */
function contentCheck({ network }: NetworkView, role: Role): RoleCheck {
  return async (input) => {
    const measured = checksumCheck({ ...input, domain: network });
    return role === 'checksum' ? measured : measured.map(({ score }) => ({ score, flags: 0 }));
  };
}

/** A bus that delays each message, like a slow line or a busy machine. */
function slowed(bus: Bus, ms: number): Bus {
  if (ms === 0) return bus;
  return {
    ...bus,
    publish: async (subject, data, options) => {
      await new Promise((resolve) => setTimeout(resolve, ms));
      return bus.publish(subject, data, options);
    },
  };
}

/** Several validators as one service. */
function together(wired: readonly Wired[]): Wired {
  const [first] = wired;
  if (first === undefined) throw new Error('An operator has at least one validator.');
  return {
    ...first,
    run: async (signal) => void (await Promise.all(wired.map((one) => one.run(signal)))),
    close: async () => void (await Promise.all(wired.map((one) => one.close()))),
  };
}
