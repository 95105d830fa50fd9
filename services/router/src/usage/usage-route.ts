/** GET /v1/usage: what the caller's key used, as JSON or CSV; with `of=all` what all keys used. */
import { checkShape } from '@assay/protocol/encoding/decode';
import { z } from 'zod';
import type { Callers } from '../callers.ts';
import { Fault } from '../faults.ts';
import type { RouterAnswer } from '../router.ts';
import { csvOf, dayOf } from './usage.ts';
import type { Usage } from './usage-ledger.ts';

const daysMax = 366;
const dayMs = 86_400_000;
const daySchema = z.iso.date();
const querySchema = z.strictObject({
  from: daySchema.optional(),
  to: daySchema.optional(),
  of: z.enum(['own', 'all']).default('own'),
  format: z.enum(['json', 'csv']).default('json'),
});

/** A request of the route. */
interface UsageRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly remoteAddress: string;
}

/** Its answer. Throws {@link Fault}. */
export async function answerUsage(
  callers: Callers,
  usage: Usage | undefined,
  request: UsageRequest,
  nowMs: number,
): Promise<Pick<RouterAnswer, 'status' | 'body' | 'headers' | 'contentType'>> {
  const checked = checkShape(querySchema, request.query);
  if (!checked.ok) throw new Fault('malformed', checked.refusal.detail, { param: checked.refusal.field ?? '(whole)' });
  const { of, format, to = dayOf(nowMs), from = dayOf(Date.parse(to) - 30 * dayMs) } = checked.value;
  const { key, headers } = await callers.admit(request, of === 'all' ? ['admin'] : []);
  if (usage === undefined) throw new Fault('not-found', 'This Router keeps no usage: set USAGE_FOLDER.');
  const days = (Date.parse(to) - Date.parse(from)) / dayMs + 1;
  if (!(days >= 1 && days <= daysMax))
    throw new Fault('malformed', `It must be a day up to "to", and ${daysMax} days at most.`, { param: 'from' });
  const rows = await usage.read({ from, to, key: of === 'all' ? undefined : (key?.id ?? '-') });
  if (format === 'csv') return { status: 200, body: csvOf(rows), contentType: 'text/csv; charset=utf-8', headers };
  return { status: 200, body: { from, to, usage: rows }, headers };
}
