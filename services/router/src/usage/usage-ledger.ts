/** The ledger: a folder with a file of JSON lines for each day (UTC). */
import { createReadStream } from 'node:fs';
import { appendFile, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { errorText } from '@assay/protocol/error-text';
import type { Log } from '@assay/protocol/ports';
import { dayOf, type UsageEntry, type UsageRow, UsageSum, usageEntrySchema } from './usage.ts';

/** Files of more days than these are removed. */
const daysMax = 400;
const filePattern = /^usage-(\d{4}-\d\d-\d\d)\.jsonl$/;
const dayMs = 86_400_000;

/** Whose usage, from which day to which, both included. */
export interface UsageQuery {
  readonly from: string;
  readonly to: string;
  /** Undefined: everybody's. */
  readonly key: string | undefined;
}

/** What a Router keeps of its requests. */
export interface Usage {
  /** Adds an entry. Never throws. */
  add(entry: UsageEntry): void;
  read(query: UsageQuery): Promise<UsageRow[]>;
}

/** The ledger of one Router in a folder of its own. */
export class UsageLedger implements Usage {
  readonly #folder: string;
  readonly #log: Pick<Log, 'error'>;
  #writing: Promise<void> = Promise.resolve();
  #cleanedDay = '';

  private constructor(folder: string, log: Pick<Log, 'error'>) {
    this.#folder = folder;
    this.#log = log;
  }

  /** Opens it; the folder is made where it is missing. */
  static async open(folder: string, log: Pick<Log, 'error'>): Promise<UsageLedger> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return new UsageLedger(folder, log);
  }

  /** Adds an entry, after those before it. What cannot be written is logged, and the request is answered all the same. */
  add(entry: UsageEntry): void {
    this.#writing = this.#writing.then(async () => {
      try {
        await this.#removeOld(dayOf(entry.atMs));
        await appendFile(this.#fileOf(dayOf(entry.atMs)), `${JSON.stringify(entry)}\n`, { mode: 0o600 });
      } catch (error) {
        this.#log.error('a usage record is lost', { reason: errorText(error), key: entry.key });
      }
    });
  }

  /** Adds up what is in the ledger, with everything that was added before. A torn line of a crash is left out. */
  async read({ from, to, key }: UsageQuery): Promise<UsageRow[]> {
    await this.#writing;
    const sum = new UsageSum();
    for (const day of await this.#days()) {
      if (day < from || day > to) continue;
      const input = createReadStream(this.#fileOf(day), 'utf8');
      for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
        const entry = entryOf(line);
        if (entry !== undefined && (key === undefined || entry.key === key)) sum.add(entry);
      }
    }
    return sum.rows();
  }

  /** Waits until everything is written. */
  async close(): Promise<void> {
    await this.#writing;
  }

  async #days(): Promise<string[]> {
    const names = await readdir(this.#folder);
    return names.flatMap((name) => filePattern.exec(name)?.[1] ?? []).sort();
  }

  async #removeOld(today: string): Promise<void> {
    if (this.#cleanedDay === today) return;
    this.#cleanedDay = today;
    const oldest = dayOf(Date.parse(today) - daysMax * dayMs);
    for (const day of await this.#days()) if (day < oldest) await rm(this.#fileOf(day));
  }

  #fileOf(day: string): string {
    return join(this.#folder, `usage-${day}.jsonl`);
  }
}

function entryOf(line: string): UsageEntry | undefined {
  try {
    return usageEntrySchema.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}
