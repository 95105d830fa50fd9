import { describe, expect, it } from 'vitest';
import { profileOf } from '../text/text-profile.ts';
import { completenessOf } from './completeness.ts';

const items = ['Water it weekly.', 'Give it enough light.', 'Feed it in spring.', 'Repot it when it is full.'];
const listOf = (count: number, ...around: readonly [before?: string, after?: string]): string =>
  [around[0] ?? 'Do this:', ...items.slice(0, count).map((item, at) => `${at + 1}. ${item}`), around[1] ?? ''].join(
    '\n',
  );
const others = [1, 2, 3].map((at) =>
  profileOf(listOf(4, `Plants need care ${at}:`, 'With that it will live for years.')),
);
const measured = (text: string) => completenessOf(profileOf(text), others);

describe('completenessOf', () => {
  it('finds nothing missing in a whole answer, however brief', () => {
    const nothing = { endsInList: 0, codeMissing: 0 };
    expect(measured(listOf(4, 'Four things help:', 'That is all.'))).toMatchObject({ items: 10_000, ...nothing });
    expect(measured('Water it once a week, and give it light.')).toMatchObject(nothing);
  });

  it('sees a list that stops before its end, the more of a list it is', () => {
    expect(measured(listOf(2))).toMatchObject({ items: 6_667, endsInList: 10_000 });
    const long = others.map(({ text }) => profileOf(text.replace('1.', '- Choose a pot.\n- Choose soil.\n1.')));
    expect(completenessOf(profileOf(listOf(3)), long)).toMatchObject({ items: 5_000 });
    expect(completenessOf(profileOf('Water it.'), [profileOf(listOf(2)), profileOf(listOf(2))]).items).toBe(10_000);
  });

  it('sees what announces something that does not come, and missing code', () => {
    expect(measured('First look at the leaves, then do the following:').endsInList).toBe(10_000);
    const coded = others.map(({ text }) => profileOf(`${text}\n\`\`\`\nwater()\n\`\`\``));
    expect(completenessOf(profileOf(listOf(4)), coded).codeMissing).toBe(10_000);
  });

  it('misses closing words where the others have them', () => {
    const closed = others.map(({ text }) => profileOf(`${text}\nIn conclusion, water is what they need most.`));
    expect(completenessOf(profileOf(listOf(4)), closed).closingMissing).toBe(10_000);
    expect(completenessOf(profileOf('Water it. Remember to feed it too.'), closed).closingMissing).toBe(0);
    expect(measured('Water it.').closingMissing).toBe(0);
  });
});
