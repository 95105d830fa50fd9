/** `assay watchtower`: finds equivocations as they happen and reports them to the slashing contract, within a bound. */
import { connectEvmChain } from '@assay/adapters/evm/chain';
import { connectNatsBus } from '@assay/adapters/nats/bus';
import { systemClock } from '@assay/adapters/process/system-clock';
import { type EquivocationCommand, loginOf, placeOf, slashingOf } from '../commands/equivocation-command.ts';
import { UsageError } from '../commands/usage-error.ts';
import { etherOf } from '../install/paid-command.ts';
import { readPolicyVersions, shippedPoliciesFile } from '../network/policy-file.ts';
import { paint, print } from '../output/terminal.ts';
import { runWatchtower, type WatchtowerEvent } from './watchtower.ts';

/** Options of the command. */
export interface WatchtowerCommand
  extends Pick<
    EquivocationCommand,
    'nats' | 'user' | 'passwordFile' | 'caFile' | 'rpc' | 'hub' | 'registry' | 'policies' | 'slashing' | 'keyFile'
  > {
  /** The most that all reports may cost together, in wei. */
  readonly spendMax: bigint;
  /** The highest price of a unit of gas, in wei. */
  readonly feeCap: bigint;
  readonly json: boolean;
}

/** Runs until the signal aborts; resolves with 0. Throws {@link UsageError} for wrong use. */
export async function watchtowerCommand(
  options: WatchtowerCommand,
  environment: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<number> {
  const servers = options.nats ?? environment.NATS_URL;
  if (servers === undefined) throw new UsageError('Name the NATS servers: --nats, or NATS_URL.');
  const place = placeOf(options);
  const slashing = await slashingOf({ ...options, execute: false }, place, options.feeCap);
  const policies = () => readPolicyVersions(options.policies ?? shippedPoliciesFile);
  await policies();
  const bus = await connectNatsBus({ servers, name: 'assay-watchtower', ...loginOf(options) });
  const tell = (event: WatchtowerEvent) => print(options.json ? jsonOf(event) : lineOf(event));
  try {
    const ports = { bus, chain: connectEvmChain(place), policies, clock: systemClock };
    await runWatchtower({ ...ports, slashing, spendMax: options.spendMax, tell }, signal);
    return 0;
  } finally {
    await bus.close();
  }
}

function jsonOf(event: WatchtowerEvent): string {
  return JSON.stringify(event, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
}

function lineOf(event: WatchtowerEvent): string {
  if (event.kind === 'failed') return paint('yellow', `asked again  ${event.error}`);
  if (event.kind === 'other-policies')
    return paint(
      'yellow',
      `blind        epoch ${event.epoch} has other policies: add their file to the folder that --policies names`,
    );
  const { operator, taskId } = event.found.suspect;
  const { role, epoch } = event.found.equivocation;
  const what = `${operator} as ${role} on task ${taskId}, epoch ${epoch}`;
  switch (event.kind) {
    case 'found':
      return `${paint('red', 'equivocation')} ${what}`;
    case 'over-bound':
      return `not reported ${what}: it may cost ${etherOf(event.costMax)}, and ${etherOf(event.spent)} of --spend-max are spent`;
    case 'report':
      return event.report.status === 'reported'
        ? `reported     ${what}: case ${event.report.caseId}, transaction ${event.report.transaction}, spent ${etherOf(event.spent)}`
        : `refused      ${what}: ${event.report.code}. ${event.report.advice}`;
  }
}
