import { describe, expect, it } from 'vitest';
import { profileOf } from '../text/text-profile.ts';
import { stanceOf } from './stance.ts';
import { whetherConflict, whetherOf, whetherStanceOf } from './whether.ts';

const about = (question: string) => (text: string) => {
  const profile = profileOf(text);
  return whetherStanceOf(profile, whetherOf(profileOf(question)), stanceOf(profile));
};

describe('whetherOf', () => {
  it.each([
    ['How long is it, and is it safe to touch?', ['safe', 'touch'], 1],
    ['Is breathing it from a tank dangerous?', ['breath', 'tank', 'danger'], -1],
    ['Say whether that word is normally a verb.', ['word', 'normal', 'verb'], 1],
  ])('%s', (question, stems, sign) => {
    const found = whetherOf(profileOf(question));
    expect([...(found?.stems ?? [])]).toEqual(stems);
    expect(found?.sign).toBe(sign);
  });

  it('finds none in a question about a choice or a value', () => {
    expect(whetherOf(profileOf('Does sound travel faster or slower in it?'))).toBeUndefined();
    expect(whetherOf(profileOf('Which metal is liquid at room temperature?'))).toBeUndefined();
  });
});

describe('stanceOf', () => {
  it.each([
    ['No; 2 hours.', -1],
    ["It doesn't. Moonlight is reflected sunlight.", -1],
    ['They do! Everybody gets two.', 1],
    ['- List as key: ✗', -1],
    ['Go ahead and serve it!', 1],
    ["Please don't! It is poisonous.", -1],
    ['Sure! Here is a list of ideas.', 0.5],
    ['The bridge has two arches.', 0],
  ])('%s', (text, spoken) => {
    expect(stanceOf(profileOf(text)).spoken).toBe(spoken);
  });
});

describe('whetherConflict', () => {
  const ask = about('May I work with this visa, and at which desk are questions answered?');
  const others = [
    'No; desk 12.',
    '- Work: **not permitted**\n- Questions: desk 12',
    'You may not work with it.',
    'No.',
  ].map(ask);

  it('counts against an answer that states what the others deny, even without a yes', () => {
    const [spoken, claimed] = whetherConflict(ask('You may work with it; questions at desk 12.'), others);
    expect(spoken).toBe(0);
    expect(claimed).toBeGreaterThan(0.6);
  });

  it('counts against an explicit yes, and not against a denial in other words', () => {
    expect(whetherConflict(ask('Yes; desk 12.'), others)[0]).toBeGreaterThan(0.8);
    expect(whetherConflict(ask("The letter says that you can't work with this visa."), others)).toEqual([0, 0, 0]);
  });

  it('finds nothing if too few of the others take a side', () => {
    expect(whetherConflict(ask('Yes.'), ['Desk 12.', 'Ms Okafor', 'No.'].map(ask))).toEqual([0, 0, 0]);
  });
});
