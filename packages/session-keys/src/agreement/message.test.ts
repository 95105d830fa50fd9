import { toHex, utf8 } from '@assay/protocol/encoding/bytes';
import { limits } from '@assay/protocol/limits';
import { beforeAll, describe, expect, it } from 'vitest';
import { decodeMessage, encodeMessage, isSignedBySender, type Message, messageDigest } from './message.ts';
import { IDENTITIES, planOf, runAll, seededBytes } from './three-parties.fixture.ts';
import { METHODS } from './transcript.ts';

let sent: Message[] = [];
beforeAll(async () => {
  sent = (await runAll(planOf('user'))).sent;
});

const codeOf = (text: string): string => {
  const decoded = decodeMessage(new TextEncoder().encode(text));
  return decoded.ok ? 'accepted' : decoded.refusal.code;
};

describe('messages', () => {
  it('survive encoding, each well under the limit', () => {
    for (const message of sent) {
      const bytes = encodeMessage(message);
      expect(bytes.length).toBeLessThan(limits.sessionMessageBytesMax / 2);
      expect(decodeMessage(bytes)).toEqual({ ok: true, value: message });
      expect(isSignedBySender(message, IDENTITIES)).toBe(true);
    }
  });

  it('are refused when they do not match the schema', () => {
    const good = sent[1] as Message;
    const cases: unknown[] = [
      null,
      [],
      {},
      { ...good, version: 2 },
      { ...good, method: 'method-3' },
      { ...good, sessionId: '0x00' },
      { ...good, sessionId: good.sessionId.toUpperCase() },
      { ...good, round: 0 },
      { ...good, round: 1.5 },
      { ...good, sender: 'validator' },
      { ...good, extra: 1 },
      { ...good, signature: good.signature.slice(0, -2) },
      { ...good, body: { ...good.body, extra: 1 } },
      { ...good, body: { kind: 'hello' } },
      { ...good, body: { kind: 'deliver', keyHash: good.sessionId, wrapped: [] } },
    ];
    for (const bad of cases) expect(codeOf(JSON.stringify(bad))).toBe('message-malformed');
    const extra = decodeMessage(utf8(JSON.stringify({ ...good, extra: 1 })));
    expect(extra).toMatchObject({ refusal: { detail: 'extra: is not a known field' } });
    expect(codeOf('{"version":1')).toBe('message-malformed');
    expect(codeOf(' '.repeat(limits.sessionMessageBytesMax + 1))).toBe('too-long');
  });

  it('have a digest that every field changes', () => {
    const good = sent[1] as Message;
    const other = toHex(seededBytes('other'));
    const variants: Message[] = [
      good,
      { ...good, method: METHODS[0] },
      { ...good, sessionId: other },
      { ...good, round: 3 },
      { ...good, sender: 'user' },
      { ...good, transcript: other },
      { ...good, body: { kind: 'hello', ephemeralKey: other } },
      { ...good, body: { kind: 'confirm', mac: other } },
    ];
    const digests = variants.map((variant) => messageDigest(variant, IDENTITIES));
    const stranger = { ...IDENTITIES, oracle: { ...IDENTITIES.oracle, agreementKey: other } };
    digests.push(messageDigest(good, stranger));
    expect(new Set(digests).size).toBe(digests.length);
  });
});
