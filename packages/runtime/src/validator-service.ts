/** Puts a validator together from its settings, its ports and its role's check. */
import type { Chain, Keyring } from '@assay/protocol/ports';
import type { Role } from '@assay/protocol/role';
import type { Random } from '@assay/session-keys/encoding';
import { type NetworkView, requireOperator } from './network-view.ts';
import type { Wired } from './service.ts';
import { TaskSource } from './task-source.ts';
import { unsealOverBus } from './unseal-client.ts';
import { runValidator } from './validator.ts';
import type { RoleCheck, ValidatorContext } from './validator-context.ts';

/** What a validator's main connects. */
export interface ValidatorParts {
  readonly role: Role;
  readonly settings: { readonly CONCURRENCY: number; readonly HEALTH_HOST: string; readonly HEALTH_PORT: number };
  readonly ports: Pick<ValidatorContext, 'service' | 'bus' | 'contentStore' | 'cache' | 'clock' | 'telemetry'> &
    Pick<Wired, 'health' | 'close'>;
  readonly chain: Chain;
  readonly keyring: Keyring;
  readonly view: NetworkView;
  readonly check: RoleCheck;
  readonly random: Random;
  /** Address of the key participant whose grants are taken; undefined: sealed tasks cannot be judged. */
  readonly oracle: `0x${string}` | undefined;
  /** Closes what the check holds (a model, say). */
  readonly closeCheck?: () => Promise<void>;
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
  const { bus, contentStore, cache, clock, telemetry, service } = ports;
  const context: ValidatorContext = {
    service,
    role,
    view,
    bus,
    contentStore,
    cache,
    keyring,
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
    health: ports.health,
    healthHost: settings.HEALTH_HOST,
    healthPort: settings.HEALTH_PORT,
    run: (signal) => runValidator(context, signal),
    close: async () => {
      await ports.close();
      await parts.closeCheck?.();
    },
  };
}
