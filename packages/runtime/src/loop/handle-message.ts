/**
 * Runs one message through one handler, with what both loops share: span, metrics, and the dead letter of a refusal.
 */

import type { StreamName } from '@assay/protocol/bus/subjects';
import type { Bus, BusMessage, Span, Telemetry } from '@assay/protocol/ports';
import { messagingAttributes, subjectAttributes, templateOf } from '../service/message-attributes.ts';
import { attributes, metrics } from '../service/telemetry-names.ts';
import { type LetterBudget, publishDeadLetter } from './dead-letter.ts';
import { codeOf, type Outcome } from './outcome.ts';

/** Settings that both loops share. */
export interface LoopContext {
  readonly bus: Bus;
  readonly telemetry: Telemetry;
  /** Service name for dead letters. */
  readonly service: string;
  readonly stream: StreamName;
  readonly spanName: string;
  readonly spanAttributes?: Readonly<Record<string, string | number | boolean>>;
}

/**
 * A handler: pure decisions and ports, no acknowledgement. It rejects only if a port failed; the message is then
 * redelivered.
 */
export type Handler<M extends BusMessage = BusMessage> = (message: M, span: Span) => Promise<Outcome>;

/**
 * Runs a handler in a span on the message's trace and publishes the dead letter of a refusal. Rejects if a port failed.
 */
export async function handleMessage<M extends BusMessage>(
  context: LoopContext & { readonly letters: LetterBudget },
  message: M,
  deliveryCount: number,
  handler: Handler<M>,
): Promise<Outcome> {
  const startedMs = performance.now();
  const options = {
    kind: 'consumer',
    parent: message.headers,
    attributes: {
      ...messagingAttributes('process', templateOf(context.stream)),
      [attributes.deliveryCount]: deliveryCount,
      ...subjectAttributes(context.stream, message.subject),
      ...context.spanAttributes,
    },
  } as const;
  return context.telemetry.span(context.spanName, options, async (span) => {
    const outcome = await handler(message, span);
    span.setAttribute(attributes.outcome, codeOf(outcome));
    if (outcome.kind === 'reject') {
      span.fail(outcome.refusal.code);
      await publishDeadLetter(
        context.bus,
        context.telemetry,
        context.service,
        context.stream,
        message,
        outcome.refusal,
        context.letters,
      );
    }
    context.telemetry.count(metrics.messages, { stream: context.stream, outcome: outcome.kind, code: codeOf(outcome) });
    context.telemetry.duration(metrics.handling, (performance.now() - startedMs) / 1000, { stream: context.stream });
    context.telemetry.log.debug('message handled', {
      stream: context.stream,
      sequence: message.sequence,
      deliveryCount,
      outcome: codeOf(outcome),
    });
    return outcome;
  });
}
