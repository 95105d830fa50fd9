/** The records in a file of one Router: read at its start, and written whole a second after a change. */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { checkShape } from '@assay/protocol/encoding/decode';
import { errorText } from '@assay/protocol/error-text';
import type { Clock, Log } from '@assay/protocol/ports';
import { MinerRecords, recordsSchema, type SavedRecords } from './miner-records.ts';

const writeAfterMs = 1_000;

/** Records that survive a restart. */
export class RecordFile {
  readonly records: MinerRecords;
  readonly #file: string;
  readonly #clock: Clock;
  readonly #log: Pick<Log, 'error'>;
  readonly #closing = new AbortController();
  #isChanged = false;
  #writing: Promise<void> | undefined;

  private constructor(file: string, saved: SavedRecords, clock: Clock, log: Pick<Log, 'error'>) {
    this.#file = file;
    this.#clock = clock;
    this.#log = log;
    this.records = new MinerRecords(clock, saved, () => this.#changed());
  }

  /** Reads the file; a missing one has no records. Throws with what to do if it is malformed. */
  static async open(file: string, clock: Clock, log: Pick<Log, 'error'>): Promise<RecordFile> {
    return new RecordFile(file, await readRecords(file), clock, log);
  }

  /** Writes what is not written yet. */
  async close(): Promise<void> {
    this.#closing.abort('closed');
    await this.#writing;
  }

  #changed(): void {
    this.#isChanged = true;
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
    });
  }

  async #write(): Promise<void> {
    while (this.#isChanged) {
      await this.#clock.sleep(writeAfterMs, this.#closing.signal);
      this.#isChanged = false;
      const unfinished = `${this.#file}.unfinished`;
      try {
        await writeFile(unfinished, JSON.stringify(this.records.saved), { mode: 0o600 });
        await rename(unfinished, this.#file);
      } catch (error) {
        this.#log.error('the miners’ records are not written', { file: this.#file, reason: errorText(error) });
      }
    }
  }
}

async function readRecords(file: string): Promise<SavedRecords> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {};
    throw error;
  }
  const checked = checkShape(recordsSchema, parsed(text));
  if (checked.ok) return checked.value;
  throw new Error(`${file} has no records of miners (${checked.refusal.detail}). Move it away to begin new ones.`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
