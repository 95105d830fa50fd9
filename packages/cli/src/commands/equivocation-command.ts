/**
 * `assay equivocation`: finds two conflicting observations, reports them to the slashing contract, executes the case.
 */

import { connectEvmChain } from '@assay/adapters/evm/chain';
import { connectSlashing, type Slashing } from '@assay/adapters/evm/slashing';
import { keyringFromFile, secretInFile } from '@assay/adapters/keys/key-file';
import { connectNatsBus } from '@assay/adapters/nats/bus';
import { busIdentities, busUserOf, inboxPrefixOf } from '@assay/protocol/bus/permissions';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { errorText } from '@assay/protocol/error-text';
import { type Role, roles } from '@assay/protocol/observation/role';
import type { Keyring } from '@assay/protocol/ports';
import {
  accountOfExecution,
  accountOfFinding,
  accountOfReport,
  nextStep,
} from '../equivocation/equivocation-summary.ts';
import { type Finding, findEquivocations } from '../equivocation/find-equivocation.ts';
import type { Suspect } from '../equivocation/read-observations.ts';
import { type CaseReport, executeCases, reportEquivocation } from '../equivocation/slash.ts';
import { readPolicies, shippedPoliciesFile } from '../network/policy-file.ts';
import { print } from '../output/terminal.ts';
import { UsageError } from './usage-error.ts';

export interface EquivocationCommand {
  readonly task: string;
  readonly operator: string;
  readonly role?: Role;
  readonly nats?: string;
  /** The user at NATS, if there is a password. */
  readonly user: string;
  readonly passwordFile?: string;
  readonly caFile?: string;
  readonly rpc: string;
  readonly hub: string;
  readonly registry: string;
  readonly policies?: string;
  readonly slashing?: string;
  readonly keyFile?: string;
  readonly execute: boolean;
  /** Maximum number of messages to read. */
  readonly messages: number;
  readonly json: boolean;
}

/** The checked options. */
interface Wanted {
  readonly suspect: Suspect;
  readonly place: { readonly rpcUrl: string; readonly hub: Hex; readonly registry: Hex };
  readonly slashing: Slashing | undefined;
}

/**
 * Resolves with the exit code: 0 if there is evidence and the requested actions are done, otherwise 1. Throws
 * {@link UsageError} for wrong use.
 */
export async function equivocationCommand(
  options: EquivocationCommand,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  const wanted = await readWanted(options);
  return options.execute ? execute(wanted, options.json) : findAndReport(wanted, options, environment.NATS_URL);
}

async function readWanted(options: EquivocationCommand): Promise<Wanted> {
  const { role } = options;
  const suspect = {
    taskId: hexOption('--task', options.task, 32),
    operator: hexOption('--operator', options.operator, 20),
    roles: role === undefined ? roles : [role],
  };
  const place = placeOf(options);
  return { suspect, place, slashing: await slashingOf(options, place) };
}

/** The contracts that the caller trusts, and where they are asked. */
export function placeOf(options: Pick<EquivocationCommand, 'rpc' | 'hub' | 'registry'>): Wanted['place'] {
  const hub = hexOption('--hub', options.hub, 20);
  return { rpcUrl: options.rpc, hub, registry: hexOption('--registry', options.registry, 20) };
}

/** The contract with the sending account; undefined if neither is named. `feePerGasMax` is in wei. */
export async function slashingOf(
  options: Pick<EquivocationCommand, 'slashing' | 'keyFile' | 'execute'>,
  place: Wanted['place'],
  feePerGasMax?: bigint,
): Promise<Slashing | undefined> {
  const { keyFile } = options;
  if (options.slashing === undefined && keyFile === undefined && !options.execute) return undefined;
  if (options.slashing === undefined || keyFile === undefined)
    throw new UsageError('To send something, name the contract and the account: --slashing and --key-file.');
  const address = hexOption('--slashing', options.slashing, 20);
  const slashing = connectSlashing({
    rpcUrl: place.rpcUrl,
    slashing: address,
    transmitterKey: keyringOf(keyFile),
    ...(feePerGasMax === undefined ? {} : { transmitter: { rules: { feePerGasMax } } }),
  });
  // Checked before anything is sent, because a call to an address without a contract succeeds and does nothing.
  const { hub, registry } = await slashing.place();
  if (hub !== place.hub || registry !== place.registry)
    throw new UsageError(`The contract ${address} slashes for hub ${hub} and registry ${registry}, not for these.`);
  return slashing;
}

async function findAndReport(
  { suspect, place, slashing }: Wanted,
  options: EquivocationCommand,
  natsUrl: string | undefined,
): Promise<number> {
  const finding = await find(suspect, place, options, natsUrl);
  const found = finding.roles.flatMap(({ equivocation }) => equivocation ?? []);
  if (!options.json) for (const line of accountOfFinding(finding)) print(line);
  const reports: CaseReport[] = [];
  try {
    for (const one of slashing === undefined ? [] : found) {
      const report = await reportEquivocation(slashing as Slashing, suspect, one);
      reports.push(report);
      if (!options.json) for (const line of accountOfReport(report)) print(line);
    }
  } finally {
    // Even if a later report fails, the evidence and earlier reports are printed.
    if (options.json) print(JSON.stringify({ ...jsonOf(finding), reports }));
  }
  if (!options.json && found.length > 0 && slashing === undefined) print(nextStep);
  return found.length > 0 && reports.every(({ status }) => status === 'reported') ? 0 : 1;
}

async function find(
  suspect: Suspect,
  place: Wanted['place'],
  options: EquivocationCommand,
  natsUrl: string | undefined,
): Promise<Finding> {
  const servers = options.nats ?? natsUrl;
  if (servers === undefined) throw new UsageError('Name the NATS servers: --nats, or NATS_URL.');
  const policies = await readPolicies(options.policies ?? shippedPoliciesFile);
  const bus = await connectNatsBus({ servers, name: 'assay-equivocation', ...loginOf(options, suspect.operator) });
  try {
    return await findEquivocations({ bus, chain: connectEvmChain(place), policies }, suspect, options.messages);
  } finally {
    await bus.close();
  }
}

async function execute({ suspect, place, slashing }: Wanted, json: boolean): Promise<number> {
  if (slashing === undefined) throw new UsageError('To execute a case, give --slashing and --key-file.');
  const { epoch } = await connectEvmChain(place).network();
  const cases = await executeCases(slashing, suspect, epoch);
  const { taskId, operator } = suspect;
  if (json) print(JSON.stringify({ taskId, operator, cases }));
  else if (cases.length === 0)
    print('There is no case of this operator and task. Report it first: the same call without --execute.');
  else for (const one of cases) for (const line of accountOfExecution(one)) print(line);
  return cases.length > 0 && cases.every(({ status }) => status === 'executed') ? 0 : 1;
}

/** The NATS user with its password; replies arrive on a subject that this user may subscribe to. */
export function loginOf(
  { user, passwordFile, caFile }: Pick<EquivocationCommand, 'user' | 'passwordFile' | 'caFile'>,
  operator?: Hex,
) {
  const tls = caFile === undefined ? {} : { caFile };
  if (passwordFile === undefined) return tls;
  const identity = busIdentities(operator === undefined ? [] : [operator]).find((one) => busUserOf(one) === user);
  if (identity === undefined) throw new UsageError(`"${user}" is not a user of the bus; use "auditor".`);
  return { ...tls, user, pass: secretInFile(passwordFile), inboxPrefix: inboxPrefixOf(identity) };
}

/** The account's key. An unusable file is a usage error. */
function keyringOf(file: string): Keyring {
  try {
    return keyringFromFile(file);
  } catch (cause) {
    throw new UsageError(errorText(cause), { cause });
  }
}

function hexOption(name: string, text: string, bytes: number): Hex {
  if (new RegExp(`^0x[0-9a-fA-F]{${2 * bytes}}$`).test(text)) return text.toLowerCase() as Hex;
  throw new UsageError(`${name} must be 0x and ${2 * bytes} hexadecimal digits, not "${text}".`);
}

function jsonOf({ suspect, roles: findings, complete }: Finding): object {
  const { taskId, operator } = suspect;
  return {
    taskId,
    operator,
    equivocation: findings.some((one) => one.equivocation !== undefined),
    complete,
    roles: findings,
  };
}
