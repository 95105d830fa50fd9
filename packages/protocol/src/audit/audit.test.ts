import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keccak256, utf8 } from '../encoding/bytes.ts';
import { decodeAnchor, encodeAnchor } from './anchor.ts';
import { type AuditAnchor, ChainCheck } from './chain-check.ts';
import {
  type AuditEntry,
  type AuditRecord,
  auditDigest,
  auditRecordSchema,
  emptyLog,
  recordsBehind,
} from './record.ts';

const text = fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' });
const entries = fc.array(
  fc.record({
    service: fc.constantFrom('gateway', 'router', 'participant'),
    instance: text,
    kind: fc.constantFrom('refusal', 'grant', 'admin'),
    who: text,
    what: text,
    on: fc.option(text, { nil: undefined }),
    result: text,
    atMs: fc.nat(),
    times: fc.integer({ min: 1, max: 99 }),
  }) as fc.Arbitrary<AuditEntry>,
  { minLength: 3, maxLength: 20 },
);
const logs = entries.map((some) => recordsBehind(emptyLog, some.map(withoutUndefined)));

function withoutUndefined(entry: AuditEntry): AuditEntry {
  return Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== undefined)) as AuditEntry;
}

/** A number in a log, as a share of its length. */
const share = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const at = (log: readonly unknown[], part: number) => Math.floor(part * log.length);

const anchorOf = ({ number, digest }: AuditRecord): AuditAnchor => ({
  number,
  digest,
  transactionHash: `0x${number.toString(16).padStart(64, '0')}`,
  blockNumber: number,
});

/** Checks a whole log, or one whose beginning is not there. */
function check(records: readonly AuditRecord[], anchors: readonly AuditAnchor[] = [], isWhole = true) {
  const chain = new ChainCheck(anchors, isWhole ? 1 : undefined);
  for (const record of records) chain.take(record);
  return chain.end();
}

/** The log from one record on made anew, as someone does who hides a change. */
function rewritten(log: readonly AuditRecord[], from: number): AuditRecord[] {
  const kept = log.slice(0, from);
  const others = log.slice(from).map((record, index) => {
    const { number: _, previous: __, digest: ___, ...entry } = record;
    return index === 0 ? { ...entry, result: `${entry.result.slice(0, 30)}!` } : entry;
  });
  return [...kept, ...recordsBehind(kept.at(-1) ?? emptyLog, others)];
}

describe('a log of records', () => {
  it('holds as it was written, and each record fits its schema', () => {
    fc.assert(
      fc.property(logs, (log) => {
        const anchors = log.map(anchorOf);
        expect(check(log, anchors)).toEqual({
          first: 1,
          last: log.length,
          anchorsHeld: log.length,
          anchored: anchors.at(-1),
          broken: undefined,
        });
        for (const record of log) expect(auditRecordSchema.parse(JSON.parse(JSON.stringify(record)))).toEqual(record);
      }),
    );
  });

  it('has the digest of a label and its canonical JSON', () => {
    const [record] = recordsBehind(emptyLog, [
      { service: 'gateway', instance: '0', kind: 'admin', who: 'a', what: 'b', result: 'c', atMs: 1, times: 1 },
    ]);
    const json =
      '{"atMs":1,"instance":"0","kind":"admin","number":1,' +
      `"previous":"0x${'0'.repeat(64)}","result":"c","service":"gateway","times":1,"what":"b","who":"a"}`;
    expect(record?.digest).toBe(keccak256(utf8(`assay audit record v1\n${json}`)));
  });

  it('names the record of which any field was changed', () => {
    const fields = ['service', 'instance', 'kind', 'who', 'what', 'result', 'atMs', 'times', 'previous'] as const;
    fc.assert(
      fc.property(logs, share, fc.constantFrom(...fields), (log, part, field) => {
        const index = at(log, part);
        const changed = log.map((record, place) =>
          place === index
            ? ({ ...record, [field]: field === 'atMs' ? record.atMs + 1 : 'other' } as AuditRecord)
            : record,
        );
        expect(check(changed).broken).toMatchObject({ number: index + 1, kind: 'changed' });
      }),
    );
  });

  it('names the record that was changed together with its digest, by the next one', () => {
    fc.assert(
      fc.property(logs, share, (log, part) => {
        const index = at(log.slice(1), part);
        const changed = log.map((record, place) => {
          if (place !== index) return record;
          const other = { ...record, who: 'nobody at all' };
          return { ...other, digest: auditDigest(other) };
        });
        expect(check(changed).broken).toMatchObject({ number: index + 1, kind: 'not-continued' });
      }),
    );
  });

  it('names the record that was left out, and those that changed places', () => {
    fc.assert(
      fc.property(logs, share, (log, part) => {
        const index = at(log.slice(1), part);
        expect(check(log.filter((_, place) => place !== index)).broken).toMatchObject({
          number: index + 1,
          kind: 'missing',
        });
        const swapped = [...log.slice(0, index), log[index + 1], log[index], ...log.slice(index + 2)] as AuditRecord[];
        expect(check(swapped).broken).toMatchObject({ number: index + 1, kind: 'missing' });
        const twice = [...log.slice(0, index + 1), log[index], ...log.slice(index + 1)] as AuditRecord[];
        expect(check(twice).broken).toMatchObject({ number: index + 1, kind: 'moved' });
      }),
    );
  });

  it('that was written anew from some record on is found by the anchors', () => {
    fc.assert(
      fc.property(logs, share, share, (log, part, other) => {
        const [from, anchored] = [at(log, part), at(log, other)];
        const anchors = log.filter((_, index) => index === anchored).map(anchorOf);
        const { broken } = check(rewritten(log, from), anchors);
        if (anchored < from) expect(broken).toBeUndefined();
        else {
          expect(broken?.kind).toBe('not-as-anchored');
          expect(broken?.number).toBeLessThanOrEqual(from + 1);
        }
      }),
    );
  });

  it('whose end is cut off before an anchored record is found, also where nothing is left', () => {
    fc.assert(
      fc.property(logs, share, (log, part) => {
        const kept = at(log, part);
        const anchors = log.slice(-1).map(anchorOf);
        expect(check(log.slice(0, kept), anchors).broken).toMatchObject({ number: kept + 1, kind: 'missing' });
      }),
    );
  });

  it('is compared with the anchors from its first record on, where the oldest ones have expired', () => {
    fc.assert(
      fc.property(logs, share, (log, part) => {
        const first = at(log, part);
        const result = check(log.slice(first), log.map(anchorOf), false);
        expect(result).toMatchObject({ first: first + 1, anchorsHeld: log.length - first });
        expect(result.broken).toBeUndefined();
        if (first > 0) expect(check(log.slice(first)).broken).toMatchObject({ number: 1, kind: 'missing' });
      }),
    );
  });
});

describe('an anchor', () => {
  it('is read as it was written, and from no other bytes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), fc.nat(), (number, seed) => {
        const digest = `0x${seed.toString(16).padStart(64, '0')}` as const;
        const bytes = encodeAnchor({ number, digest });
        expect(bytes.length).toBe(2 + 2 * 48);
        expect(decodeAnchor(bytes)).toEqual({ number, digest });
        expect(decodeAnchor(`${bytes}00`)).toBeUndefined();
        expect(decodeAnchor(`0x00${bytes.slice(4)}`)).toBeUndefined();
      }),
    );
    for (const bytes of ['0x', `0x${'00'.repeat(48)}`] as const) expect(decodeAnchor(bytes)).toBeUndefined();
  });
});
