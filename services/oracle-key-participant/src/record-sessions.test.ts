import { subjects } from '@assay/protocol/bus/subjects';
import { encodeMessage } from '@assay/protocol/encoding/decode';
import type { SessionEntry, SessionLedger } from '@assay/protocol/ports';
import { codeOf } from '@assay/runtime/loop/outcome';
import { afterEach, describe, expect, it } from 'vitest';
import { onSessionEntry } from './record-sessions.ts';
import { SessionWorld } from './sessions.fixture.ts';

const sessionId = `0x${'5e'.repeat(32)}` as const;
const parties = { method: 'method-1', user: `0x${'a1'.repeat(20)}`, miner: `0x${'b2'.repeat(20)}` } as const;
let world = new SessionWorld();

afterEach(() => world.stop());

const message = (entry: object) => ({
  subject: subjects.auditOfSessions('x'),
  data: encodeMessage({ ...entry, atMs: 1 }),
  headers: {},
  sequence: 1,
  timestampMs: 1,
});

/** A keystore that says the same to everything. */
function ledgerThat(says: 'recorded' | 'refused'): { ledger: SessionLedger; taken: SessionEntry[] } {
  const taken: SessionEntry[] = [];
  const record = async (entry: SessionEntry) => {
    taken.push(entry);
    return says === 'recorded' ? { status: says, gasUsed: 1 } : { status: says, detail: 'WrongSessionState' };
  };
  return { ledger: { record }, taken };
}

describe('the record of a session', () => {
  it('has each state in the order of its announcement', async () => {
    world = new SessionWorld();
    const participant = world.replica();
    const { ledger, taken } = ledgerThat('recorded');
    const transcriptHash = `0x${'77'.repeat(32)}` as const;
    const entries: SessionEntry[] = [
      { state: 'proposed', sessionId, ...parties },
      { state: 'established', sessionId, ...parties, transcriptHash },
      { state: 'rekeyed', sessionId, epoch: 1 },
      { state: 'closed', sessionId },
    ];
    for (const entry of entries)
      expect(codeOf(await onSessionEntry(participant, ledger, message(entry)))).toBe(entry.state);
    expect(taken).toEqual(entries);
  });

  it('does not record a session as proposed once it is established', async () => {
    world = new SessionWorld();
    const participant = world.replica();
    const { plan } = await world.open('method-2');
    const { ledger, taken } = ledgerThat('recorded');
    const proposed = { state: 'proposed', sessionId: plan.sessionId, ...parties };
    let outcome = '';
    // The oracle takes the last confirmation a moment after User and Miner have the session.
    for (let attempt = 0; attempt < 500 && outcome !== 'established-meanwhile'; attempt += 1)
      outcome = codeOf(await onSessionEntry(participant, ledger, message(proposed)));
    expect(outcome).toBe('established-meanwhile');
    expect(taken.every(({ state }) => state === 'proposed')).toBe(true);
  });

  it('is not blocked by entries that the keystore refuses, and ignores invalid entries', async () => {
    world = new SessionWorld();
    const participant = world.replica();
    const { ledger } = ledgerThat('refused');
    const closed = await onSessionEntry(participant, ledger, message({ state: 'closed', sessionId }));
    expect(codeOf(closed)).toBe('keystore-refused');
    const wrong = await onSessionEntry(participant, ledger, message({ state: 'opened', sessionId }));
    expect(wrong.kind).toBe('reject');
  });
});
