/**
 * Records a hundred claims under its own name, prints the result of each, and ends by SIGKILL. Arguments: folder and
 * name.
 */
import { writeSync } from 'node:fs';
import { openSqliteJournal } from '@assay/adapters/journal/sqlite-journal';

const [, , folder = '', name = ''] = process.argv;
const journal = await openSqliteJournal({ folder });
const keys = Array.from({ length: 100 }, (_, index) => `claim/${index}`);
const answers = await Promise.all(
  keys.map(async (key) => ({
    key,
    status: (await journal.record(1, [{ key, value: new Uint8Array(Buffer.from(name)) }])).status,
  })),
);
writeSync(1, JSON.stringify(answers));
process.kill(process.pid, 'SIGKILL');
