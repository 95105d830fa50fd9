/** The signing journal: one contract for the twin, for SQLite shared by processes, and for the operator's own NATS. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createSqliteJournal, openSqliteJournal } from '@assay/adapters/journal/sqlite-journal';
import { memorySigningJournal } from '@assay/adapters/memory/memory-signing-journal';
import { createNatsJournal, openNatsJournal } from '@assay/adapters/nats/signing-journal';
import { type ServerProcess, startNats } from '@assay/adapters/process/server-programs';
import type { SigningJournal } from '@assay/protocol/ports';
import { tuning } from '@assay/protocol/tuning';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from './temporary-folder.ts';

const bytes = (text: string) => new Uint8Array(Buffer.from(text));
const text = (value: Uint8Array | undefined) => (value === undefined ? undefined : Buffer.from(value).toString());

function journalContract(get: () => SigningJournal, firstEpoch: number): void {
  const epoch = firstEpoch;

  it('keeps the first value of a key, and says which one that is', async () => {
    const journal = get();
    expect(await journal.find(epoch, 'observation/a/checksum')).toBeUndefined();
    const first = [{ key: 'observation/a/checksum', value: bytes('first') }];
    expect(await journal.record(epoch, first)).toEqual({ status: 'recorded' });
    expect(await journal.record(epoch, first)).toEqual({ status: 'recorded' });
    const second = await journal.record(epoch, [{ key: 'observation/a/checksum', value: bytes('second') }]);
    expect(second).toMatchObject({ status: 'held', key: 'observation/a/checksum' });
    expect(text(second.status === 'held' ? second.value : undefined)).toBe('first');
    expect(text(await journal.find(epoch, 'observation/a/checksum'))).toBe('first');
  });

  it('adds all entries of a record, or none', async () => {
    const journal = get();
    await journal.record(epoch, [{ key: 'claim/b2', value: bytes('batch 1') }]);
    const refused = await journal.record(
      epoch,
      ['b1', 'b2', 'b3'].map((task) => ({ key: `claim/${task}`, value: bytes('batch 2') })),
    );
    expect(refused).toMatchObject({ status: 'held', key: 'claim/b2' });
    expect(await journal.find(epoch, 'claim/b1')).toBeUndefined();
    expect(await journal.find(epoch, 'claim/b3')).toBeUndefined();
  });

  it('keeps epochs apart', async () => {
    const journal = get();
    await journal.record(epoch, [{ key: 'claim/c', value: bytes('old') }]);
    expect(await journal.record(epoch + 1, [{ key: 'claim/c', value: bytes('new') }])).toEqual({ status: 'recorded' });
    expect(text(await journal.find(epoch, 'claim/c'))).toBe('old');
  });

  it('lets one of many writers win', async () => {
    const journal = get();
    const values = Array.from({ length: 12 }, (_, index) => `writer ${index}`);
    const answers = await Promise.all(
      values.map((value) => journal.record(epoch, [{ key: 'observation/d/semantic', value: bytes(value) }])),
    );
    expect(answers.filter(({ status }) => status === 'recorded')).toHaveLength(1);
    const held = text(await journal.find(epoch, 'observation/d/semantic'));
    for (const answer of answers) if (answer.status === 'held') expect(text(answer.value)).toBe(held);
  });

  it('forgets epochs that are over, and signs nothing of them any more', async () => {
    const journal = get();
    await journal.record(epoch + 1, [{ key: 'claim/e', value: bytes('kept') }]);
    await journal.forgetBefore(epoch + 1);
    expect(await journal.find(epoch, 'claim/c')).toBeUndefined();
    expect(text(await journal.find(epoch + 1, 'claim/e'))).toBe('kept');
    expect(await journal.record(epoch, [{ key: 'claim/f', value: bytes('late') }])).toEqual({
      status: 'epoch-closed',
      firstEpoch: epoch + 1,
    });
  });
}

describe('in memory', () => {
  const journal = memorySigningJournal(3);
  journalContract(() => journal, 3);
});

describe('in SQLite', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let journal: SigningJournal;

  beforeAll(async () => {
    folder = await temporaryFolder();
    journal = await createSqliteJournal({ folder: join(folder.path, 'journal') }, 3);
  });
  afterAll(async () => {
    await journal.close();
    await folder.remove();
  });

  journalContract(() => journal, 3);

  it('is not made by opening it', async () => {
    const none = openSqliteJournal({ folder: join(folder.path, 'none') });
    await expect(none).rejects.toThrow(/no signing journal.*journal create/);
  });

  it('is left as it is by who creates it again', async () => {
    await journal.record(5, [{ key: 'claim/g', value: bytes('there') }]);
    const again = await createSqliteJournal({ folder: join(folder.path, 'journal') }, 99);
    expect(text(await again.find(5, 'claim/g'))).toBe('there');
    expect(await again.record(5, [{ key: 'claim/h', value: bytes('too') }])).toEqual({ status: 'recorded' });
  });

  it('refuses a value that is too large', async () => {
    const large = { key: 'claim/large', value: new Uint8Array(tuning.journalValueBytesMax + 1) };
    await expect(journal.record(5, [large])).rejects.toThrow(/the limit is/);
  });

  it('lets one process of many win each key, and forgets nothing when they are killed', async () => {
    const path = join(folder.path, 'shared');
    await (await createSqliteJournal({ folder: path }, 0)).close();
    const run = promisify(execFile);
    const told = await Promise.all(
      ['one', 'two', 'three'].map(async (name) => {
        // Ends by SIGKILL after its last record: every confirmed record must exist.
        const { stdout } = await run(process.execPath, ['--conditions=assay-source', writer, path, name]).catch(
          (error: { stdout: string }) => error,
        );
        return { name, answers: JSON.parse(stdout) as { key: string; status: string }[] };
      }),
    );
    const shared = await openSqliteJournal({ folder: path });
    for (const { key } of told[0]?.answers ?? []) {
      const winners = told.filter(({ answers }) => answers.some((one) => one.key === key && one.status === 'recorded'));
      expect(winners.map(({ name }) => name)).toEqual([text(await shared.find(1, key))]);
    }
    await shared.close();
  });
});

const writer = new URL('./journal-writer.ts', import.meta.url).pathname;

describe('on a NATS of the operator', () => {
  let nats: ServerProcess;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let journal: SigningJournal;

  beforeAll(async () => {
    folder = await temporaryFolder();
    nats = await startNats({ dir: folder.path });
    journal = await createNatsJournal({ servers: nats.url }, 3);
  });
  afterAll(async () => {
    await journal.close();
    await nats.stop();
    await folder.remove();
  });

  journalContract(() => journal, 3);

  it('is not made by opening it', async () => {
    const other = await startNats({ dir: join(folder.path, 'other') });
    await expect(openNatsJournal({ servers: other.url })).rejects.toThrow(/no signing journal.*journal create/);
    await other.stop();
  });

  it('is there after the server was killed', async () => {
    await journal.record(6, [{ key: 'claim/k', value: bytes('durable') }]);
    await nats.restart();
    const again = await openNatsJournal({ servers: nats.url });
    expect(text(await again.find(6, 'claim/k'))).toBe('durable');
    await again.close();
  });
});

describe('any order of records', () => {
  it('never gives two callers different values for one key as recorded', async () => {
    const calls = fc.array(
      fc.record({ keys: fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { minLength: 1 }), value: fc.nat(3) }),
      { maxLength: 12 },
    );
    await fc.assert(
      fc.asyncProperty(calls, async (all) => {
        const journal = memorySigningJournal();
        const signed = new Map<string, number>();
        for (const { keys, value } of all) {
          const entries = keys.map((key) => ({ key, value: Uint8Array.of(value) }));
          const { status } = await journal.record(1, entries);
          if (status !== 'recorded') continue;
          for (const key of keys) expect(signed.get(key) ?? value).toBe(value);
          for (const key of keys) signed.set(key, value);
        }
      }),
    );
  });
});
