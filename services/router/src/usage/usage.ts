/** What each API key used and what that cost: one entry for each request, added up by day, key and model. */
import { z } from 'zod';

const countSchema = z.int().min(0).max(Number.MAX_SAFE_INTEGER);

/** One request. It has no content and no address. */
export const usageEntrySchema = z.strictObject({
  atMs: countSchema,
  /** Id of the API key; `-` where the Router asks for none. */
  key: z.string().min(1).max(64),
  model: z.string().min(1).max(512),
  /** `answered`, or the code of the error. */
  outcome: z.string().min(1).max(64),
  promptTokens: countSchema,
  completionTokens: countSchema,
  /** By the price of the miner whose answer was given, in the registry's unit. */
  cost: z.number().min(0),
  /** What was paid by x402, in the token's smallest unit. */
  paid: z.string().regex(/^\d{1,78}$/),
});

export type UsageEntry = z.infer<typeof usageEntrySchema>;

/** The requests of a key for a model on a day (UTC). */
export interface UsageRow {
  readonly day: string;
  readonly key: string;
  readonly model: string;
  readonly requests: number;
  readonly answered: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly cost: number;
  readonly paid: string;
}

const columns = [
  'day',
  'key',
  'model',
  'requests',
  'answered',
  'promptTokens',
  'completionTokens',
  'cost',
  'paid',
] as const satisfies readonly (keyof UsageRow)[];

/** The day of a time, in UTC. */
export function dayOf(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10);
}

/** Adds entries up. */
export class UsageSum {
  readonly #rows = new Map<string, UsageRow>();

  add({ atMs, key, model, outcome, promptTokens, completionTokens, cost, paid }: UsageEntry): void {
    const day = dayOf(atMs);
    const name = `${day} ${key} ${model}`;
    const row = this.#rows.get(name);
    this.#rows.set(name, {
      day,
      key,
      model,
      requests: (row?.requests ?? 0) + 1,
      answered: (row?.answered ?? 0) + (outcome === 'answered' ? 1 : 0),
      promptTokens: (row?.promptTokens ?? 0) + promptTokens,
      completionTokens: (row?.completionTokens ?? 0) + completionTokens,
      cost: (row?.cost ?? 0) + cost,
      paid: String(BigInt(row?.paid ?? 0) + BigInt(paid)),
    });
  }

  /** By day, key and model. */
  rows(): UsageRow[] {
    const named = [...this.#rows].sort(([a], [b]) => (a < b ? -1 : 1));
    return named.map(([, row]) => row);
  }
}

/** The rows as CSV (RFC 4180). */
export function csvOf(rows: readonly UsageRow[]): string {
  const lines = [columns.join(','), ...rows.map((row) => columns.map((name) => cellOf(row[name])).join(','))];
  return lines.map((line) => `${line}\r\n`).join('');
}

/** Text is quoted, and no spreadsheet takes it for a formula. */
function cellOf(value: string | number): string {
  if (typeof value === 'number') return String(value);
  const safe = /^[=+\-@\t\r]./.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
