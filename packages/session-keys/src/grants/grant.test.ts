import { fromHex, toHex } from '@assay/protocol/encoding/bytes';
import { limits } from '@assay/protocol/limits';
import { addressOf, signDigest } from '@assay/protocol/signature/signature';
import { describe, expect, it } from 'vitest';
import { agreementKeyOf } from '../agreement/agreement-key.ts';
import {
  flipBit,
  IDENTITIES,
  LOW_ORDER_POINTS,
  SECRETS,
  seededBytes,
  seededRandom,
} from '../agreement/three-parties.fixture.ts';
import { decodeGrant, encodeGrant, type Grant, type GrantEntry, keyAbsences, openGrant, wrapGrant } from './grant.ts';
import {
  checkUnsealRequest,
  decodeUnsealRequest,
  encodeUnsealRequest,
  makeUnsealRequest,
  type UnsealRequest,
  unsealRequestDigest,
} from './unseal-request.ts';

const operatorKey = seededBytes('operator');
const configDigest = toHex(seededBytes('config'));
const subject = {
  configDigest,
  taskId: toHex(seededBytes('task')),
  role: 'semantic' as const,
  contentIds: ['bafyprompt', 'bafyoutput'],
};
const oracle = { agreementSecret: SECRETS.oracle.agreementSecret, agreementKey: IDENTITIES.oracle.agreementKey };
const keyOf = (cid: string) => ({ cid, status: 'key' as const, contentKey: seededBytes(cid) });
const keys = subject.contentIds.map(keyOf);
const ask = (seed = 'request') => makeUnsealRequest(subject, operatorKey, seededRandom(seed));

const checkCode = (request: unknown): string => {
  const checked = checkUnsealRequest(request, configDigest);
  return checked.ok ? 'accepted' : checked.refusal.code;
};
const grantFor = async (request: UnsealRequest): Promise<Grant> => {
  const grant = await wrapGrant(request, oracle, keys, seededRandom('grant'));
  if (!grant.ok) throw new Error(grant.refusal.code);
  return grant.value;
};
const openCode = async (request: UnsealRequest, secret: Uint8Array, from: `0x${string}`, grant: Grant) => {
  const opened = await openGrant(request, secret, from, grant);
  return opened.ok ? 'opened' : opened.refusal.code;
};
const resigned = (change: Partial<UnsealRequest>): UnsealRequest => {
  const request = { ...ask().request, ...change };
  return { ...request, signature: signDigest(unsealRequestDigest(request), operatorKey) };
};

describe('unseal requests', () => {
  it('identify the requester, also after encoding', () => {
    const { request } = ask();
    expect(checkUnsealRequest(request, configDigest)).toEqual({ ok: true, value: addressOf(operatorKey) });
    expect(decodeUnsealRequest(encodeUnsealRequest(request))).toEqual({ ok: true, value: request });
  });

  it('are refused when altered after signing, for another config, or with a bad key', () => {
    const { request } = ask();
    const other = toHex(seededBytes('other'));
    const changes: Partial<UnsealRequest>[] = [
      { taskId: other },
      { role: 'checksum' },
      { contentIds: ['bafyprompt'] },
      { operator: IDENTITIES.user.address },
      { ephemeralKey: agreementKeyOf(seededBytes('attacker')) },
      { signature: toHex(flipBit(fromHex(request.signature), 77)) },
    ];
    for (const change of changes) expect(checkCode({ ...request, ...change })).toBe('forged');
    expect(checkCode(resigned({ operator: IDENTITIES.user.address }))).toBe('forged');
    expect(checkCode(resigned({ configDigest: other }))).toBe('wrong-config');
    expect(checkCode(resigned({ ephemeralKey: LOW_ORDER_POINTS[2] as `0x${string}` }))).toBe('low-order-point');
  });

  it('are bounded: none, too many, repeated and odd content identifiers are refused', () => {
    const many = Array.from({ length: limits.grantedKeysMax + 1 }, (_, index) => `bafy${index}`);
    for (const contentIds of [[], many, ['a', 'a'], ['a/b'], [''], ['x'.repeat(129)]]) {
      expect(checkCode(resigned({ contentIds }))).toBe('request-malformed');
    }
    expect(checkCode(resigned({ contentIds: many.slice(1) }))).toBe('accepted');
    expect(checkCode({ ...ask().request, extra: 1 })).toBe('request-malformed');
    expect(checkCode('text')).toBe('request-malformed');
  });
});

describe('grants', () => {
  it('bring the keys to the requesting validator, also the longest list', async () => {
    const { request, ephemeralSecret } = ask();
    const grant = await grantFor(request);
    expect(decodeGrant(encodeGrant(grant))).toEqual({ ok: true, value: grant });
    expect(await openGrant(request, ephemeralSecret, oracle.agreementKey, grant)).toEqual({ ok: true, value: keys });
    const contentIds = Array.from({ length: limits.grantedKeysMax }, (_, index) => `${index}x`.padEnd(128, 'a'));
    const large = makeUnsealRequest({ ...subject, contentIds }, operatorKey, seededRandom('large'));
    const all = contentIds.map(keyOf);
    const wrapped = await wrapGrant(large.request, oracle, all, seededRandom('large grant'));
    if (!wrapped.ok) throw new Error(wrapped.refusal.code);
    expect(decodeGrant(encodeGrant(wrapped.value)).ok).toBe(true);
    expect(decodeUnsealRequest(encodeUnsealRequest(large.request)).ok).toBe(true);
    const opened = await openGrant(large.request, large.ephemeralSecret, oracle.agreementKey, wrapped.value);
    expect(opened).toEqual({ ok: true, value: all });
  });

  it('open for nobody else, from nobody else, and for no other request', async () => {
    const { request, ephemeralSecret } = ask();
    const grant = await grantFor(request);
    const from = oracle.agreementKey;
    expect(await openCode(request, seededBytes('stranger'), from, grant)).toBe('grant-not-authentic');
    expect(await openCode(request, ephemeralSecret, IDENTITIES.miner.agreementKey, grant)).toBe('grant-not-authentic');
    const wider = resigned({ contentIds: [...subject.contentIds, 'bafymore'] });
    expect(await openCode(wider, ephemeralSecret, from, grant)).toBe('grant-not-authentic');
    const otherTask = { ...grant, taskId: toHex(seededBytes('other')) };
    expect(await openCode(request, ephemeralSecret, from, otherTask)).toBe('grant-for-another-request');
  });

  it('are refused for flipped bits', async () => {
    const { request, ephemeralSecret } = ask();
    const grant = await grantFor(request);
    const bits = fromHex(grant.ciphertext).length * 8;
    for (let bit = 0; bit < bits; bit += 41) {
      const flipped = { ...grant, ciphertext: toHex(flipBit(fromHex(grant.ciphertext), bit)) };
      expect(await openCode(request, ephemeralSecret, oracle.agreementKey, flipped)).toBe('grant-not-authentic');
    }
    for (let bit = 0; bit < 255; bit += 17) {
      const flipped = { ...grant, encapsulated: toHex(flipBit(fromHex(grant.encapsulated), bit)) };
      expect(await openCode(request, ephemeralSecret, oracle.agreementKey, flipped)).toBe('grant-not-authentic');
    }
  });

  it('contain nothing that was not requested', async () => {
    const extra = [...keys, keyOf('bafyother')];
    const wrapped = await wrapGrant(ask().request, oracle, extra, seededRandom('grant'));
    expect(wrapped).toMatchObject({ ok: false, refusal: { code: 'content-not-asked-for' } });
  });

  it('say of each content: key, not sealed, or unavailable and why; none may be omitted', async () => {
    const { request, ephemeralSecret } = ask();
    const [first, second] = subject.contentIds as [string, string];
    for (const why of keyAbsences) {
      const entries: GrantEntry[] = [
        { cid: first, status: 'not-sealed' },
        { cid: second, status: 'unavailable', why },
      ];
      const wrapped = await wrapGrant(request, oracle, entries, seededRandom('grant'));
      if (!wrapped.ok) throw new Error(wrapped.refusal.code);
      const opened = await openGrant(request, ephemeralSecret, oracle.agreementKey, wrapped.value);
      expect(opened).toEqual({ ok: true, value: entries });
    }
    const partial = await wrapGrant(request, oracle, keys.slice(1), seededRandom('grant'));
    expect(partial).toMatchObject({ ok: false, refusal: { code: 'grant-incomplete' } });
  });

  it('are refused when malformed', () => {
    const decoded = decodeGrant(new TextEncoder().encode('{"version":2}'));
    expect(decoded).toMatchObject({ ok: false, refusal: { code: 'grant-malformed' } });
  });
});
