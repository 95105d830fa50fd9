import { describe, expect, it } from 'vitest';
import { distinctMembers, othersOf, peerGroupOf } from '../agreement/peer-group.ts';
import { tideAnswers, tidePrompt } from '../text/test-task.ts';
import { profileOf } from '../text/text-profile.ts';
import { genericShare } from './filler.ts';
import { relevanceOf } from './relevance.ts';

const peers = tideAnswers.map(profileOf);

describe('relevanceOf', () => {
  it('distinguishes an answer from a swapped one', () => {
    const own = relevanceOf(profileOf(tideAnswers[0]), profileOf(tidePrompt), peers.slice(1));
    const swapped = relevanceOf(
      profileOf('Sourdough needs flour, a warm kitchen and a week of patience.'),
      profileOf(tidePrompt),
      peers,
    );
    expect(own.supportedShare).toBeGreaterThan(0.5);
    expect(swapped).toEqual({ promptShare: 0, consensusShare: 0, supportedShare: 0 });
  });

  it('does not depend on the order of the peers', () => {
    const own = profileOf('The Moon and gravity.');
    expect(relevanceOf(own, profileOf(tidePrompt), peers)).toEqual(
      relevanceOf(own, profileOf(tidePrompt), [...peers].reverse()),
    );
  });
});

describe('genericShare', () => {
  it('is high for words that fit any topic', () => {
    const filler =
      'There are many different aspects to consider, and various points of view depending on the context and the situation.';
    expect(genericShare(profileOf(filler))).toBeGreaterThan(0.5);
    expect(genericShare(profileOf(tideAnswers[0]))).toBeLessThan(0.15);
  });
});

describe('peerGroupOf', () => {
  it('counts near-identical texts once, and a copy is no evidence for itself', () => {
    const text = tideAnswers[0];
    const group = peerGroupOf(
      profileOf(tidePrompt),
      [text, `${text} Yes.`, tideAnswers[1], undefined].map((one) => (one === undefined ? undefined : profileOf(one))),
    );
    expect(distinctMembers(group).map((member) => member.index)).toEqual([0, 2]);
    const copy = group.members[1];
    expect(copy?.duplicateOf).toBe(0);
    expect(copy === undefined ? [] : othersOf(group, copy).map((member) => member.index)).toEqual([2]);
  });
});
