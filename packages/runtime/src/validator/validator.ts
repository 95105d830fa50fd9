/** The loop of all validators: observe tasks, cosign proposals. The role's check is a parameter. */
import { proposalWork, revealWork, taskWork } from '@assay/protocol/bus/consumers';
import { tuning } from '@assay/protocol/tuning';
import { runWorkLoop } from '../loop/work-loop.ts';
import { attributes, spans } from '../service/telemetry-names.ts';
import { cosign } from './cosign.ts';
import { observe } from './observe.ts';
import { reveal } from './reveal.ts';
import type { ValidatorContext } from './validator-context.ts';

/**
 * Runs a validator until the signal aborts. Replicas of one operator and role share the tasks. All validators of one
 * operator share its proposals and take them one at a time, in order, so that every honest operator cosigns the first
 * of two proposals with the same task.
 */
export async function runValidator(context: ValidatorContext, signal: AbortSignal): Promise<void> {
  const { bus, telemetry, service, clock, role } = context;
  const operator = context.keyring.address;
  const spanAttributes = { [attributes.role]: role, [attributes.operator]: operator };
  const shared = { bus, telemetry, service, clock, spanAttributes };
  const isPledging = [...context.view.policies.values()].some((policy) => policy.commitReveal !== undefined);
  await Promise.all([
    runWorkLoop(
      {
        ...shared,
        stream: 'TASKS',
        spanName: spans.observe,
        work: { ...taskWork(operator, role), concurrency: context.concurrency },
        handler: (message) => observe(context, message),
      },
      signal,
    ),
    runWorkLoop(
      {
        ...shared,
        stream: 'PROPOSALS',
        spanName: spans.cosign,
        work: { ...proposalWork(operator), concurrency: 1 },
        handler: (message, span) => cosign(context, message, span),
        deliveriesMax: tuning.proposalDeliveriesMax,
      },
      signal,
    ),
    isPledging &&
      runWorkLoop(
        {
          ...shared,
          stream: 'PLEDGES',
          spanName: spans.reveal,
          work: { ...revealWork(operator, role), concurrency: tuning.revealsMax },
          handler: (message) => reveal(context, message, signal),
        },
        signal,
      ),
  ]);
}
