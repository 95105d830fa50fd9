import { describe, expect, it } from 'vitest';
import { flipBit, seededBytes, seededRandom } from './three-parties.fixture.ts';
import { unwrapState, WRAPPING_OVERHEAD, wrapState } from './wrap-state.ts';

const key = seededBytes('key-encryption key');
const state = seededBytes('state', 100);
const random = seededRandom('nonces');

const codeOf = (with_: Uint8Array, storageKey: string, wrapped: Uint8Array): string => {
  const unwrapped = unwrapState(with_, storageKey, wrapped);
  return unwrapped.ok ? 'unwrapped' : unwrapped.refusal.code;
};

describe('wrapped state', () => {
  it('can be unwrapped, and never has the same bytes twice', () => {
    const wrapped = wrapState(key, 'session 1', state, random);
    expect(wrapped.length).toBe(state.length + WRAPPING_OVERHEAD);
    expect(unwrapState(key, 'session 1', wrapped)).toEqual({ ok: true, value: state });
    expect(wrapState(key, 'session 1', state, random)).not.toEqual(wrapped);
  });

  it('is refused under another key, another storage key, and for every single flipped bit', () => {
    const wrapped = wrapState(key, 'session 1', state, random);
    expect(codeOf(seededBytes('another key'), 'session 1', wrapped)).toBe('wrapped-state-not-authentic');
    expect(codeOf(key, 'session 2', wrapped)).toBe('wrapped-state-not-authentic');
    expect(codeOf(key, 'session 1', wrapped.subarray(0, 40))).toBe('wrapped-state-malformed');
    for (let bit = 0; bit < wrapped.length * 8; bit += 1) {
      expect(codeOf(key, 'session 1', flipBit(wrapped, bit))).not.toBe('unwrapped');
    }
  });

  it('needs a key of 32 bytes', () => {
    expect(() => wrapState(key.subarray(1), 'session 1', state, random)).toThrow(RangeError);
    expect(() => unwrapState(key.subarray(1), 'session 1', state)).toThrow(RangeError);
  });
});
