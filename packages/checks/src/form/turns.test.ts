import { describe, expect, it } from 'vitest';
import { profileOf } from '../text/text-profile.ts';
import { makesUpTurns, repeatsTurn, turnsOf } from './turns.ts';

const prompt = 'User: When should I leave?\nAssistant: Leave at 17:15 at the latest.\nUser: Sorry, I meant 16:40.';
const peers = ['Then leave by 16:15.', 'At 16:15.', 'Quarter past four.'].map(profileOf);

describe('repeatsTurn', () => {
  it('finds an earlier turn that is given back, unless the others do the same', () => {
    const stale = profileOf('Leave at 17:15, at the latest!');
    expect(repeatsTurn(stale, turnsOf(prompt), peers)).toBe(true);
    expect(repeatsTurn(stale, turnsOf(prompt), [stale, stale, stale, ...peers.slice(1)])).toBe(false);
    expect(repeatsTurn(profileOf('Leave at 16:15 at the latest.'), turnsOf(prompt), peers)).toBe(false);
    expect(repeatsTurn(stale, turnsOf('Leave at 17:15 at the latest.'), peers)).toBe(false);
  });
});

describe('makesUpTurns', () => {
  it('finds an answer that goes on as the user, unless most others are dialogues too', () => {
    const runOn = profileOf('80 km/h.\n\nQuestion: And by bus?\nAnswer: 45 km/h.');
    expect(makesUpTurns(runOn, peers)).toBe(true);
    expect(makesUpTurns(runOn, [runOn, runOn, runOn])).toBe(false);
    expect(makesUpTurns(profileOf('Answer: 80 km/h.'), peers)).toBe(false);
  });
});
