/** Records of the audit log in order: from the stream, or from exported files. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { type AuditRecord, auditPageSchema, auditRecordSchema } from '@assay/protocol/audit/record';
import { subjects } from '@assay/protocol/bus/subjects';
import { checkShape, decodeMessage } from '@assay/protocol/encoding/decode';
import type { Bus } from '@assay/protocol/ports';
import type { Checked } from '@assay/protocol/refusal';
import { refused } from '@assay/protocol/refusal';

/** A record with its fields has less. */
const lineCharsMax = 8_192;

/** A record, or why what stands there is none. */
export type ReadRecord = Checked<AuditRecord>;

/** Every record that the stream has now. Asks for one message after the other, so a message that is gone stops nothing. */
export async function* recordsOnBus(bus: Pick<Bus, 'extent' | 'next'>): AsyncGenerator<ReadRecord> {
  const { last } = await bus.extent('RECORDS');
  for (let after = 0; after < last; ) {
    const message = await bus.next('RECORDS', subjects.records, after);
    if (message === undefined) return;
    after = message.sequence;
    const page = decodeMessage(auditPageSchema, message.data);
    if (!page.ok) yield page;
    else
      for (const record of page.value)
        yield subjects.recordsOf(record.service) === message.subject
          ? { ok: true, value: record }
          : refused('wrong-subject', `Record ${record.number} of ${record.service} is on ${message.subject}.`);
  }
}

/** Every record of files with one record a line, in the order of the files. */
export async function* recordsInFiles(files: readonly string[]): AsyncGenerator<ReadRecord> {
  for (const file of files) {
    const lines = createInterface({ input: createReadStream(file, 'utf8'), crlfDelay: Infinity });
    let number = 0;
    for await (const line of lines) {
      number++;
      if (line.trim() === '') continue;
      yield recordIn(line, `${file}, line ${number}`);
    }
  }
}

function recordIn(line: string, place: string): ReadRecord {
  if (line.length > lineCharsMax) return refused('too-long', `${place} has more than ${lineCharsMax} characters.`);
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return refused('malformed', `${place} is not JSON.`);
  }
  const checked = checkShape(auditRecordSchema, value);
  return checked.ok ? checked : refused('malformed', `${place}: ${checked.refusal.detail}`);
}
