import { describe, expect, it } from 'vitest';
import { profileOf } from './text-profile.ts';
import { asWritten } from './written-words.ts';

const texts = ['It was discovered by Louis Pasteur in 1928.', 'Sir Alexander Fleming did not.'].map(profileOf);

describe('asWritten', () => {
  it('replaces stems by the first word that has them', () => {
    expect(asWritten('loui against alexan', texts)).toBe('Louis against Alexander');
    expect(asWritten('not discov, flemin', texts)).toBe('not discovered, Fleming');
  });

  it('keeps what no text has', () => {
    expect(asWritten('1928 against 1929 | rembra', texts)).toBe('1928 against 1929 | rembra');
  });
});
