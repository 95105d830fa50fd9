/** Wires a validator from its settings, its ports and its role's check. */

import type { Hex } from '@assay/protocol/encoding/bytes';
import type { Role } from '@assay/protocol/observation/role';
import type { Chain, Keyring } from '@assay/protocol/ports';
import type { Random } from '@assay/session-keys/identity/encoding';
import { type NetworkView, requireOperator } from '../service/network-view.ts';
import type { Wired } from '../service/service.ts';
import { TaskSource } from './task-source.ts';
import { unsealOverBus } from './unseal-client.ts';
import { runValidator } from './validator.ts';
import type { RoleCheck, ValidatorContext } from './validator-context.ts';

/** The parts that a validator's main connects. */
export interface ValidatorParts {
  readonly role: Role;
  readonly settings: { readonly CONCURRENCY: number; readonly HEALTH_HOST: string; readonly HEALTH_PORT: number };
  readonly ports: Pick<
    ValidatorContext,
    'service' | 'bus' | 'contentStore' | 'cache' | 'journal' | 'clock' | 'telemetry'
  > &
    Pick<Wired, 'health' | 'close'>;
  readonly chain: Chain;
  readonly keyring: Keyring;
  /** See {@link ValidatorContext.signBls}. */
  readonly signBls?: ((digest: Hex) => Hex) | undefined;
  readonly view: NetworkView;
  readonly check: RoleCheck;
  readonly random: Random;
  /** Address of the key participant whose grants are accepted; undefined: sealed tasks cannot be judged. */
  readonly oracle: `0x${string}` | undefined;
  /**
   * The thread that computes the check. The service is not ready while it restarts; closing it gives back work in
   * progress. Undefined: the check is cheap enough to run in the process.
   */
  readonly thread?: { isReady(): boolean; close(): Promise<void> };
}

/** The validator as a service. Throws when its operator is not in the validator set. */
export function wireValidator(parts: ValidatorParts): Wired {
  const { role, settings, ports, chain, keyring, view, check } = parts;
  requireOperator(view.network, keyring.address);
  const oracleAgreementKey = async () => {
    const key = parts.oracle === undefined ? undefined : await chain.agreementKeyOf(parts.oracle);
    if (key === undefined)
      throw new Error(
        'No key participant is known whose grants could be taken; set ORACLE_ADDRESS to one in the keystore.',
      );
    return key;
  };
  const { bus, contentStore, cache, journal, clock, telemetry, service } = ports;
  const context: ValidatorContext = {
    service,
    role,
    view,
    bus,
    contentStore,
    cache,
    journal,
    keyring,
    signBls: parts.signBls,
    clock,
    telemetry,
    check,
    random: parts.random,
    tasks: new TaskSource(bus, view.policies),
    unseal: unsealOverBus({
      bus,
      keyring,
      telemetry,
      network: view.network,
      role,
      random: parts.random,
      oracleAgreementKey,
    }),
    concurrency: settings.CONCURRENCY,
  };
  return {
    telemetry,
    health: {
      ...ports.health,
      notReady: () => [...ports.health.notReady(), ...(parts.thread?.isReady() === false ? ['check thread'] : [])],
    },
    healthHost: settings.HEALTH_HOST,
    healthPort: settings.HEALTH_PORT,
    run: (signal) => runValidator(context, signal),
    close: async () => {
      // Closed before the bus, because work in progress is given back over it.
      await parts.thread?.close();
      await ports.close();
    },
  };
}
