/**
 * Tells webhooks of reports. What is to be told stands on the bus until it is told or given up, so any replica goes on
 * where another one ended. A webhook can be told twice; the id of the event is the same then.
 */
import { keyIdSchema } from '@assay/protocol/api/api-keys';
import { webhookIdSchema } from '@assay/protocol/api/webhooks';
import { deliveryWork, webhookReportWork } from '@assay/protocol/bus/consumers';
import { subjects } from '@assay/protocol/bus/subjects';
import { decodeMessage, encodeMessage } from '@assay/protocol/encoding/decode';
import { digestSchema } from '@assay/protocol/encoding/fields';
import type { BusMessage } from '@assay/protocol/ports';
import { certifiedReportSchema } from '@assay/protocol/report/certified-report';
import { contentPlaceOf } from '@assay/protocol/task/content-place';
import { tuning } from '@assay/protocol/tuning';
import { NotYet } from '@assay/runtime/loop/not-yet';
import { accept, ignore, type Outcome, reject } from '@assay/runtime/loop/outcome';
import { runWorkLoop } from '@assay/runtime/loop/work-loop';
import { spans } from '@assay/runtime/service/telemetry-names';
import { z } from 'zod';
import type { KeyBook } from '../access/key-book.ts';
import { submitterOf } from '../access/submitter.ts';
import type { Gateway } from '../gateway.ts';
import type { HookBook } from './hook-book.ts';
import { eventOf } from './webhook-event.ts';

/** What it uses. */
export interface DeliveryParts extends Pick<Gateway, 'bus' | 'clock' | 'telemetry'> {
  readonly keys: KeyBook;
  readonly hooks: HookBook;
  /** Posts to an address that a client chose; resolves with the status. */
  readonly post: (url: string, headers: Readonly<Record<string, string>>, body: string) => Promise<number>;
  /** Headers that sign an event under a secret: its id, the time in milliseconds since 1970, its body. */
  readonly sign: (secret: string, id: string, nowMs: number, body: string) => Readonly<Record<string, string>>;
  /** The first pause before another attempt; `tuning.webhookPauseMsMin` if absent. */
  readonly pauseMsMin?: number;
}

const plainHeaders = { 'content-type': 'application/json', 'user-agent': 'assay-gateway' };

const deliverySchema = z.strictObject({ taskId: digestSchema, keyId: keyIdSchema, webhookId: webhookIdSchema });

/** Follows both streams until the signal aborts. */
export async function deliverWebhooks(parts: DeliveryParts, signal: AbortSignal): Promise<void> {
  const { bus, clock, telemetry } = parts;
  const underWay = new Map<string, number>();
  const loop = { bus, clock, telemetry, service: 'gateway' };
  const { stream: reports, ...reportWork } = webhookReportWork();
  const { stream: deliveries, ...work } = deliveryWork();
  await Promise.all([
    runWorkLoop(
      {
        ...loop,
        stream: reports,
        spanName: spans.webhookReport,
        work: { ...reportWork, concurrency: tuning.webhooksAtOnce },
        handler: (message) => noteDeliveries(parts, message),
      },
      signal,
    ),
    runWorkLoop(
      {
        ...loop,
        stream: deliveries,
        spanName: spans.deliverWebhook,
        work: { ...work, concurrency: tuning.webhooksAtOnce },
        handler: (message) => deliver(parts, underWay, message),
      },
      signal,
    ),
  ]);
}

/** Notes for each webhook of the task's submitter that it is to be told, once. */
export async function noteDeliveries(parts: DeliveryParts, message: BusMessage): Promise<Outcome> {
  const { bus, hooks } = parts;
  if (!hooks.isCurrent) throw new NotYet('webhooks-unread', tuning.webhookBusyMs, { givesUp: false });
  if (hooks.isEmpty) return ignore('no-webhooks');
  const report = decodeMessage(certifiedReportSchema, message.data);
  if (!report.ok) return reject(report.refusal);
  const { task } = report.value;
  const keyId = await submitterOf(parts, contentPlaceOf(task));
  const told = keyId === undefined ? [] : hooks.of(keyId).filter((one) => one.createdAtMs <= message.timestampMs);
  for (const { id: webhookId } of told)
    await bus.publish(
      subjects.delivery(task.taskId, webhookId),
      encodeMessage({ taskId: task.taskId, keyId, webhookId }),
      { messageId: `delivery-${task.taskId}-${webhookId}`, expectLastSubjectSequence: 0 },
    );
  return told.length === 0 ? ignore('no-webhooks') : accept('webhooks-noted');
}

/** Tells one webhook of one task. `underWay`: how often each webhook is being told now. */
export async function deliver(
  parts: DeliveryParts,
  underWay: Map<string, number>,
  message: BusMessage,
): Promise<Outcome> {
  const { bus, clock, keys, hooks } = parts;
  if (!hooks.isCurrent || !keys.isCurrent)
    throw new NotYet('webhooks-unread', tuning.webhookBusyMs, { givesUp: false });
  const read = decodeMessage(deliverySchema, message.data);
  if (!read.ok) return reject(read.refusal);
  const { taskId, keyId, webhookId } = read.value;
  const hook = hooks.of(keyId).find(({ id }) => id === webhookId);
  if (hook === undefined || !keys.isValid(keyId)) return ignore('webhook-gone');
  const found = await bus.last('REPORTS', subjects.report(taskId));
  const report = found === undefined ? undefined : decodeMessage(certifiedReportSchema, found.data);
  if (found === undefined || report?.ok !== true) return ignore('report-gone');
  // One that does not answer must not keep the others waiting.
  const busy = underWay.get(webhookId) ?? 0;
  if (busy >= tuning.webhookAtOnce) throw new NotYet('webhook-busy', tuning.webhookBusyMs, { givesUp: false });
  underWay.set(webhookId, busy + 1);
  try {
    const body = JSON.stringify(eventOf(report.value, found.timestampMs));
    const id = `${taskId.slice(2)}.${webhookId}`;
    const signed = parts.sign(hooks.secretOf(hook), id, clock.nowMs(), body);
    const said = await statusOf(parts, hook.url, { ...plainHeaders, ...signed }, body);
    return await outcomeOf(parts, { ...read.value, noteAtMs: message.timestampMs }, said);
  } finally {
    const left = (underWay.get(webhookId) ?? 1) - 1;
    if (left === 0) underWay.delete(webhookId);
    else underWay.set(webhookId, left);
  }
}

/** The status that a webhook answers; undefined if there is none. Why is not said: errors name addresses. */
async function statusOf(
  { post }: DeliveryParts,
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
): Promise<number | undefined> {
  try {
    return await post(url, headers, body);
  } catch {
    return undefined;
  }
}

/** Told, gone for good, to be tried again, or given up. */
async function outcomeOf(
  { clock, hooks, telemetry, pauseMsMin = tuning.webhookPauseMsMin }: DeliveryParts,
  { taskId, keyId, webhookId, noteAtMs }: z.infer<typeof deliverySchema> & { readonly noteAtMs: number },
  said: number | undefined,
): Promise<Outcome> {
  if (said !== undefined && said >= 200 && said < 300) return accept('webhook-told');
  if (said === 410) {
    const removed = await hooks.remove(keyId, webhookId);
    if (removed.ok || removed.refusal.code === 'not-found') return ignore('webhook-gone');
  }
  const ageMs = clock.nowMs() - noteAtMs;
  if (ageMs > tuning.webhookAgeMs) {
    // No dead letter: it is its owner's matter, not the operator's.
    telemetry.log.warn('a webhook took nothing, and is not told', { keyId, webhookId, taskId, said });
    return ignore('webhook-given-up');
  }
  const pauseMs = Math.min(tuning.webhookPauseMsMax, Math.max(pauseMsMin, ageMs / 2));
  throw new NotYet('webhook-unanswered', pauseMs, { givesUp: false });
}
