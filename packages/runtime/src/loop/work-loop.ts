/** The loop of a durable consumer that replicas share: take a message, handle it, then acknowledge by its outcome. */
import { backoffMs, retryBackoff } from '@assay/protocol/backoff';
import { errorText } from '@assay/protocol/error-text';
import type { Clock, Delivery, WorkOptions } from '@assay/protocol/ports';
import { tuning } from '@assay/protocol/tuning';
import { traceFields } from '../service/message-attributes.ts';
import { metrics } from '../service/telemetry-names.ts';
import { LetterBudget } from './dead-letter.ts';
import { type Handler, handleMessage, type LoopContext } from './handle-message.ts';
import { NotYet } from './not-yet.ts';

export interface WorkLoop extends LoopContext {
  readonly clock: Clock;
  readonly work: Omit<WorkOptions, 'stream'>;
  readonly handler: Handler<Delivery>;
  /** Maximum deliveries of a message that keeps failing; {@link tuning.deliveriesMax} if absent. */
  readonly deliveriesMax?: number;
}

/**
 * Handles deliveries, at most `work.concurrency` at once, until the signal aborts. Resolves when those in progress are
 * done or given back. A message is acknowledged only after the handler's effect is published. If a port fails, the
 * message is nak'ed with a growing delay; after the maximum number of deliveries it becomes a dead letter.
 */
export async function runWorkLoop(options: WorkLoop, signal: AbortSignal): Promise<void> {
  const loop = { ...options, letters: new LetterBudget(options.clock) };
  const underWay = new Set<Promise<void>>();
  while (!signal.aborted) {
    try {
      for await (const delivery of loop.bus.work({ ...loop.work, stream: loop.stream }, signal)) {
        const one = handleDelivery(loop, delivery).finally(() => {
          underWay.delete(one);
          tellBacklog(loop, delivery, underWay.size);
        });
        underWay.add(one);
        tellBacklog(loop, delivery, underWay.size);
        if (underWay.size >= loop.work.concurrency) await Promise.race(underWay);
      }
    } catch (error) {
      if (signal.aborted) break;
      loop.telemetry.log.error('consumer failed, restarts', { stream: loop.stream, error: errorText(error) });
    }
    // Even after an end without an error, wait before the restart: it may end again and again.
    if (!signal.aborted) await loop.clock.sleep(tuning.retryDelayMs, signal);
  }
  await Promise.all(underWay);
}

/** Consumer lag: messages not delivered yet, and messages that this replica holds. */
function tellBacklog({ telemetry, stream }: WorkLoop, { pending }: Delivery, held: number): void {
  if (pending === undefined) return;
  telemetry.gauge(metrics.backlog, pending + held, { stream });
}

async function handleDelivery(loop: WorkLoop & { readonly letters: LetterBudget }, delivery: Delivery): Promise<void> {
  const handled = new AbortController();
  void keepWorking(loop.clock, delivery, handled.signal);
  try {
    const outcome = await handleMessage(loop, delivery, delivery.deliveryCount, giveUpAfter(loop));
    if (outcome.kind === 'reject') delivery.term();
    else await delivery.ack();
  } catch (error) {
    loop.telemetry.count(metrics.retries, { stream: loop.stream });
    const isExpected = error instanceof NotYet;
    loop.telemetry.log[isExpected ? 'debug' : 'warn']('the message will be redelivered', {
      stream: loop.stream,
      subject: delivery.subject,
      deliveryCount: delivery.deliveryCount,
      error: errorText(error),
      ...traceFields(delivery.headers),
    });
    delivery.nak(isExpected ? error.delayMs : backoffMs(retryBackoff, delivery.deliveryCount));
  } finally {
    // A plain reason, because creating an error with its stack for each message would be expensive.
    handled.abort('handled');
  }
}

/** Extends the ack wait while the handler runs. */
async function keepWorking(clock: Clock, delivery: Delivery, handled: AbortSignal): Promise<void> {
  for (;;) {
    await clock.sleep(tuning.workingIntervalMs, handled);
    if (handled.aborted) return;
    delivery.working();
  }
}

/** Turns the failure of the last permitted delivery into a refusal. */
function giveUpAfter({ handler, deliveriesMax = tuning.deliveriesMax }: WorkLoop): Handler<Delivery> {
  return async (delivery, span) => {
    try {
      return await handler(delivery, span);
    } catch (error) {
      const givesUp = !(error instanceof NotYet) || error.givesUp;
      if (!givesUp || delivery.deliveryCount < deliveriesMax) throw error;
      const detail = `Given up after ${delivery.deliveryCount} deliveries: ${errorText(error)}`;
      return { kind: 'reject', refusal: { code: 'retries-exhausted', detail } };
    }
  };
}
