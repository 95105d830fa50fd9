/** Runs a validator of any role: settings, keys, ports, chain and policies are connected here, once for all roles. */
import { randomBytes } from 'node:crypto';
import { connectEvmChain } from '@assay/adapters/evm/chain';
import { operatorKeyring } from '@assay/adapters/keys/keyring-settings';
import { operatorBlsKey } from '@assay/adapters/keys/operator-secret';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { type Role, serviceOf } from '@assay/protocol/observation/role';
import type { Bus, Keyring, Log } from '@assay/protocol/ports';
import { blsPublicKey, signBls } from '@assay/protocol/signature/bls';
import { Epochs } from '@assay/runtime/service/epochs';
import type { NetworkView } from '@assay/runtime/service/network-view';
import { runService, type Wired } from '@assay/runtime/service/service';
import {
  fromSettingLater,
  readSettings,
  type SettingsOf,
  type validatorSettings,
} from '@assay/runtime/service/settings';
import { wireValidator } from '@assay/runtime/validator/validator-service';
import { checksDigest } from './checks-digest.ts';
import { type ConnectedCheck, EpochChecks } from './epoch-checks.ts';
import { connectOperatorPorts, type OperatorPorts } from './operator-ports.ts';
import { policyViews } from './policy-files.ts';

type ValidatorShape = typeof validatorSettings;

/** What a check is made from once the ports are connected. */
export interface CheckParts<Shape extends ValidatorShape = ValidatorShape> {
  readonly settings: SettingsOf<Shape>;
  readonly ports: OperatorPorts;
  readonly view: NetworkView;
}

/** Makes a role's check. Throws SettingsError when a setting does not fit the policies. */
export type ConnectCheck<Shape extends ValidatorShape = ValidatorShape> = (
  parts: CheckParts<Shape>,
) => ConnectedCheck | Promise<ConnectedCheck>;

/** One role of one operator. */
export interface RoleWiring<Shape extends ValidatorShape = ValidatorShape> {
  readonly role: Role;
  /** Its name in logs, spans and dead letters; the role's service if absent. */
  readonly service?: string;
  readonly check: ConnectCheck<Shape>;
  /** Puts something before the bus, a delay for instance. */
  readonly overBus?: (bus: Bus) => Bus;
}

/** A validator as a process. */
export interface ValidatorProcess<Shape extends ValidatorShape> extends RoleWiring<Shape> {
  /** The settings that it reads: those of every validator, and its own. */
  readonly settings: Shape;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Runs a validator until it is told to stop. Exit codes: 0 stopped as asked, 1 failed, 2 wrong settings. */
export async function runValidator<Shape extends ValidatorShape>(options: ValidatorProcess<Shape>): Promise<void> {
  await runService(options.service ?? serviceOf(options.role), async () =>
    wireRole(options, readSettings(options.settings, options.environment)),
  );
}

/** Connects one role of the operator that the settings name. Throws SettingsError for a wrong key or policy file. */
export async function wireRole<Shape extends ValidatorShape>(
  { role, service = serviceOf(role), check, overBus = (bus) => bus }: RoleWiring<Shape>,
  own: SettingsOf<Shape>,
): Promise<Wired> {
  // A shape that extends that of every validator gives its settings too; the compiler cannot follow that through Zod.
  const settings = own as unknown as SettingsOf<ValidatorShape>;
  const keyring = await fromSettingLater('OPERATOR_KEY_FILE', () => operatorKeyring(settings));
  const identity = { kind: 'validator', operator: keyring.address, role } as const;
  const connected = await connectOperatorPorts({ service, settings, identity }, keyring);
  const ports = { ...connected, bus: overBus(connected.bus) };
  const { HUB_ADDRESS: hub, REGISTRY_ADDRESS: registry, KEYSTORE_ADDRESS: keystore } = settings;
  const chain = connectEvmChain({ rpcUrl: settings.CHAIN_RPC_URL, hub, registry, keystore, log: ports.telemetry.log });
  const { clock, telemetry } = ports;
  const viewOf = policyViews(settings.POLICIES_FILE);
  const epochs = await Epochs.read({ chain, clock, telemetry, viewOf });
  const checks = new EpochChecks(checksDigest, (view) => check({ settings: own, ports, view }));
  await checks.ofAny(epochs.views());
  return wireValidator({
    role,
    settings,
    ports,
    chain,
    keyring,
    epochs,
    ofEpoch: async (view) => ({
      check: checks.checkOf(view),
      signBls: await blsSigner(keyring, view, telemetry.log),
    }),
    random: (length) => new Uint8Array(randomBytes(length)),
    oracle: settings.ORACLE_ADDRESS,
    threads: checks,
  });
}

/**
 * Signs with the operator's BLS key where the hub takes BLS certificates. An operator whose key the epoch does not know
 * observes as usual and does not count among the signers.
 */
async function blsSigner(
  keyring: Keyring,
  { network }: NetworkView,
  log: Log,
): Promise<((digest: Hex) => Hex) | undefined> {
  if (network.certificates !== 'bls') return undefined;
  const secret = await operatorBlsKey(keyring);
  const known = network.members.find(({ operator }) => operator === keyring.address)?.blsKey;
  if (known === blsPublicKey(secret)) return (digest) => signBls(digest, secret);
  log.error('the epoch does not have the BLS key of this operator, so it cannot cosign; register it (assay bls-key)', {
    operator: keyring.address,
  });
  return undefined;
}
