/** One operator of the consensus bench as a process: its validators with the services' own loop, without a model. */
import { checksumCheck } from '@assay/checks/checksum/checksum-check';
import { wireRole } from '@assay/composition/run-validator';
import type { Role } from '@assay/protocol/observation/role';
import type { Bus } from '@assay/protocol/ports';
import type { NetworkView } from '@assay/runtime/service/network-view';
import { runService, type Wired } from '@assay/runtime/service/service';
import { readSettings, validatorSettings } from '@assay/runtime/service/settings';
import type { RoleCheck } from '@assay/runtime/validator/validator-context';
import { z } from 'zod';
import { benchRoles } from './bench-roles.ts';

const shape = {
  ...validatorSettings,
  SLOW_MS: z.coerce.number().int().min(0).max(60_000).default(0).describe('How late each message of it leaves'),
};

await runService('bench-operator', async () => {
  const settings = readSettings(shape, process.env);
  const wired = await Promise.all(
    benchRoles.map((role) =>
      wireRole<typeof shape>(
        {
          role,
          service: `bench-${role}`,
          check: ({ view }) => ({ check: contentCheck(view, role) }),
          overBus: (bus) => slowed(bus, settings.SLOW_MS),
        },
        settings,
      ),
    ),
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
