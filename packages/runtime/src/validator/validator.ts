/** The loop of all validators: observe tasks, cosign proposals. The role's check is a parameter. */
import { leftOverWork, proposalWork, revealWork, taskWork } from '@assay/protocol/bus/consumers';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { tuning } from '@assay/protocol/tuning';
import type { LoopContext } from '../loop/handle-message.ts';
import { ignore } from '../loop/outcome.ts';
import { runWorkLoop } from '../loop/work-loop.ts';
import { attributes, spans } from '../service/telemetry-names.ts';
import { cosign } from './cosign.ts';
import { observeLeftOver } from './left-over/observe-left-over.ts';
import { observe } from './observe.ts';
import { reveal } from './reveal.ts';
import { isRepeatedTask } from './task-source.ts';
import type { ValidatorContext } from './validator-context.ts';
import type { ValidatorEpochs } from './validator-epochs.ts';

/** What a validator's loops use in every epoch, and the validator in each. */
export interface Validator
  extends Pick<ValidatorContext, 'bus' | 'telemetry' | 'service' | 'clock' | 'role' | 'concurrency'> {
  readonly operator: Hex;
  readonly epochs: ValidatorEpochs;
}

/**
 * Runs a validator until the signal aborts. Replicas of one operator and role share the tasks. All validators of one
 * operator share its proposals and take them one at a time, in order, so that every honest operator cosigns the first
 * of two proposals with the same task.
 */
export async function runValidator(validator: Validator, signal: AbortSignal): Promise<void> {
  const { bus, telemetry, service, clock, role, operator, epochs } = validator;
  const spanAttributes = { [attributes.role]: role, [attributes.operator]: operator };
  const shared = { bus, telemetry, service, clock, spanAttributes };
  await Promise.all([
    runWorkLoop(
      {
        ...shared,
        stream: 'TASKS',
        spanName: spans.observe,
        work: { ...taskWork(operator, role), concurrency: validator.concurrency },
        handler: async (message) =>
          (await isRepeatedTask(bus, message))
            ? ignore('task-repeated')
            : epochs.ofTask(message, (context) => observe(context, message)),
      },
      signal,
    ),
    runWorkLoop(
      {
        ...shared,
        stream: 'PROPOSALS',
        spanName: spans.cosign,
        work: { ...proposalWork(operator), concurrency: 1 },
        handler: (message, span) => epochs.ofProposal(message, (context) => cosign(context, message, span)),
        deliveriesMax: tuning.proposalDeliveriesMax,
      },
      signal,
    ),
    runWorkLoop(
      {
        ...shared,
        stream: 'PROPOSALS',
        spanName: spans.observe,
        work: { ...leftOverWork(operator, role), concurrency: validator.concurrency },
        handler: (message) => epochs.ofLeftOver(message, (context) => observeLeftOver(context, message)),
      },
      signal,
    ),
    runReveals(validator, { ...shared, stream: 'PLEDGES', spanName: spans.reveal }, signal),
  ]);
}

/** Shows what was pledged, from the moment on when a policy wants pledges. */
async function runReveals(
  { epochs, operator, role, clock }: Validator,
  loop: LoopContext,
  signal: AbortSignal,
): Promise<void> {
  await epochs.untilPledging(signal);
  if (signal.aborted) return;
  await runWorkLoop(
    {
      ...loop,
      clock,
      work: { ...revealWork(operator, role), concurrency: tuning.revealsMax },
      handler: (message) => epochs.ofPledge(message, (context) => reveal(context, message, signal)),
    },
    signal,
  );
}
