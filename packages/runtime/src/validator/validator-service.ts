/** Wires a validator from its settings, its ports and its role's check. */

import type { Hex } from '@assay/protocol/encoding/bytes';
import type { Role } from '@assay/protocol/observation/role';
import type { Chain, Finality, Keyring } from '@assay/protocol/ports';
import type { Random } from '@assay/session-keys/identity/encoding';
import type { Epochs, EpochView } from '../service/epochs.ts';
import { requireOperator } from '../service/network-view.ts';
import type { Wired } from '../service/service.ts';
import { EvidenceKeeper } from './evidence-keeper.ts';
import { tasksOfEpoch } from './left-over/left-over-tasks.ts';
import { unsealOverBus } from './unseal-client.ts';
import { runValidator, type Validator } from './validator.ts';
import type { RoleCheck, ValidatorContext } from './validator-context.ts';
import { ValidatorEpochs } from './validator-epochs.ts';

/** What a validator has of one epoch. */
export interface EpochParts {
  readonly check: RoleCheck;
  /** See {@link ValidatorContext.signBls}. */
  readonly signBls?: ((digest: Hex) => Hex) | undefined;
}

/** The parts that a validator's main connects. */
export interface ValidatorParts {
  readonly role: Role;
  readonly settings: {
    readonly CONCURRENCY: number;
    readonly FINALITY: Finality;
    readonly HEALTH_HOST: string;
    readonly HEALTH_PORT: number;
  };
  readonly ports: Pick<
    ValidatorContext,
    'service' | 'bus' | 'contentStore' | 'cache' | 'journal' | 'clock' | 'telemetry'
  > &
    Pick<Wired, 'health' | 'close'>;
  readonly chain: Chain;
  readonly keyring: Keyring;
  readonly epochs: Epochs;
  readonly ofEpoch: (view: EpochView) => Promise<EpochParts>;
  readonly random: Random;
  /** Address of the key participant whose grants are accepted; undefined: sealed tasks cannot be judged. */
  readonly oracle: `0x${string}` | undefined;
  /**
   * The threads that compute the checks. The service is not ready while one restarts; closing gives back work in
   * progress.
   */
  readonly threads: { isReady(): boolean; close(): Promise<void> };
}

/** The validator as a service. Throws when its operator is in no validator set whose certificates count. */
export function wireValidator(parts: ValidatorParts): Wired {
  const { role, settings, ports, keyring, epochs, threads } = parts;
  requireOperator(
    epochs.views().map(({ network }) => network),
    keyring.address,
  );
  const { bus, cache, clock, telemetry, service } = ports;
  const evidence = new EvidenceKeeper({ bus, cache, keyring, clock, telemetry });
  const validator: Validator = {
    service,
    role,
    bus,
    clock,
    telemetry,
    operator: keyring.address,
    concurrency: settings.CONCURRENCY,
    epochs: new ValidatorEpochs(epochs, keyring.address, (view) => contextOf(parts, evidence, view)),
  };
  return {
    telemetry,
    health: {
      degraded: () => [...ports.health.degraded(), ...epochs.notReady().map((epoch) => `policies of epoch ${epoch}`)],
      notReady: () => [...ports.health.notReady(), ...(threads.isReady() ? [] : ['check thread'])],
    },
    healthHost: settings.HEALTH_HOST,
    healthPort: settings.HEALTH_PORT,
    run: async (signal) => {
      await Promise.all([epochs.run(signal), runValidator(validator, signal)]);
    },
    close: async () => {
      // Closed before the bus, because work in progress is given back over it.
      await threads.close();
      await evidence.close();
      await ports.close();
    },
  };
}

/** The validator in one epoch. */
async function contextOf(parts: ValidatorParts, evidence: EvidenceKeeper, view: EpochView): Promise<ValidatorContext> {
  const { role, settings, ports, chain, keyring, epochs, random } = parts;
  const { bus, contentStore, cache, journal, clock, telemetry, service } = ports;
  const oracleAgreementKey = async () => {
    const key = parts.oracle === undefined ? undefined : await chain.agreementKeyOf(parts.oracle);
    if (key === undefined)
      throw new Error(
        'No key participant is known whose grants could be taken; set ORACLE_ADDRESS to one in the keystore.',
      );
    return key;
  };
  const { network } = view;
  return {
    ...(await parts.ofEpoch(view)),
    service,
    role,
    view,
    bus,
    contentStore,
    cache,
    journal,
    keyring,
    clock,
    telemetry,
    random,
    evidence,
    ...tasksOfEpoch(
      { bus, chain, clock, journal, view, finality: settings.FINALITY, viewOf: (epoch) => epochs.viewOf(epoch) },
      (timestampMs) => epochs.at(timestampMs) === view,
    ),
    unseal: unsealOverBus({ bus, keyring, telemetry, network, role, random, oracleAgreementKey }),
    concurrency: settings.CONCURRENCY,
  };
}
