import { describe, expect, it } from 'vitest';
import { profileOf } from '../text/text-profile.ts';
import { alignedFactNames, alignedFactsOf } from './aligned-facts.ts';
import { statementsOf } from './statements.ts';

const prompt = 'Tell me about the bridge over the Tay, its length and what it may carry.';
const whole = [
  'The bridge over the river Tay was opened in 1966 by the engineer William Fairhurst. The steel deck does not carry heavy lorries.',
  'Engineer William Fairhurst saw the bridge over the river Tay opened in 1966. Its steel deck does not carry heavy lorries today.',
  'In 1966 the bridge over the river Tay was opened, planned by engineer William Fairhurst. Heavy lorries are not carried by its steel deck.',
];
const found = (text: string, others: readonly string[] = whole) =>
  alignedFactsOf(
    statementsOf(profileOf(text)),
    statementsOf(profileOf(prompt)),
    others.map((one) => statementsOf(profileOf(one))),
  );
const [first = ''] = whole;

describe('alignedFactsOf', () => {
  it('finds nothing where the others say the same', () => {
    expect(alignedFactNames.filter((name) => found(first, whole.slice(1)).features[name] > 0)).toEqual([]);
  });

  it('finds another number, another name and another parity of negators, with both sentences', () => {
    const number = found(first.replace('1966', '1978'), whole.slice(1));
    expect(number.features).toMatchObject({ replaced: expect.any(Number), gone: 10_000 });
    expect(number.features.replaced).toBeGreaterThan(3_000);
    expect(number.pairs.replaced).toMatchObject({ kind: 'number', own: expect.stringContaining('1978') });
    expect(number.pairs.replaced?.other).toContain('1966');
    const name = found(first.replace('Fairhurst', 'Telford'), whole.slice(1));
    expect(name.features.replaced).toBeGreaterThan(3_000);
    expect(name.pairs.gone?.kind).toBe('name');
    expect(found(first.replace('does not carry', 'does carry'), whole.slice(1)).features.negation).toBeGreaterThan(0);
  });

  it('counts what is gone by the numbers that stand here alone', () => {
    const { features } = found(`${first.replace('1966', '1978')} It has 42 spans.`, whole.slice(1));
    expect(features.gone).toBe(5_000);
  });

  it('needs two voices on the other side, and is the same for any order of them', () => {
    const changed = first.replace('1966', '1978');
    const [, second = ''] = whole;
    const weather = 'The weather in Dundee is mild and there is little snow.';
    for (const others of [[second], [second, weather]])
      expect(found(changed, others).features).toMatchObject({ replaced: 0, gone: 0 });
    expect(found(changed, [...whole].reverse())).toEqual(found(changed, whole));
  });
});
