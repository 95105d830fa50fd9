import { describe, expect, it } from 'vitest';
import { collusionFigures } from './collusion.ts';
import { collusionGroups, strategies } from './collusion-groups.ts';

const wrong = 'It was 1967. It was a Monday.';
const task = {
  task: 'year',
  prompt: 'In which year was it?',
  submissions: [
    ...Array.from({ length: 5 }, (_, at) => ({
      miner: `m${at}`,
      output: at === 4 ? 'It was 1969. It was a Monday.' : `In 1969, answer ${at}.`,
      label: 'honest',
    })),
    { miner: 'm5', output: wrong, label: 'wrong_number' },
    { miner: 'm6', output: 'Buy this.', label: 'filler' },
  ],
};

describe('collusionGroups', () => {
  const groups = collusionGroups([task]);

  it('makes one group without colluders, and one for each number and strategy, of seven answers at most', () => {
    expect(groups).toHaveLength(1 + 3 * strategies.length);
    for (const group of groups) {
      const honest = group.task.submissions.filter(({ label }) => label === 'honest');
      expect(group.task.submissions).toHaveLength(honest.length + group.colluders);
      expect(honest).toHaveLength(Math.min(5, 7 - group.colluders));
    }
    expect(new Set(groups.map((group) => group.task.task)).size).toBe(groups.length);
  });

  it('rewords honest answers only where a wrong one tells the fact', () => {
    const reworded = groups.find(({ strategy, colluders }) => strategy === 'reworded' && colluders === 2);
    expect(reworded?.task.submissions.slice(-2).map(({ output }) => output)).toEqual([
      'It was 1967. It was a Monday.',
      'In 1967, answer 3.',
    ]);
    const other = { ...task, submissions: task.submissions.filter(({ miner }) => miner !== 'm4') };
    expect(collusionGroups([other]).some(({ strategy }) => strategy === 'reworded')).toBe(false);
  });

  it('has each colluder say the same wrong fact, in other texts but for copies', () => {
    for (const { strategy, colluders, task: made } of groups) {
      const texts = made.submissions.filter(({ label }) => label === 'colluder').map(({ output }) => output);
      expect(texts.every((text) => text.includes('1967'))).toBe(true);
      if (colluders === 2) expect(new Set(texts).size).toBe(strategy === 'copies' ? 1 : 2);
    }
  });
});

describe('collusionFigures', () => {
  it('counts accepted colluders, and honest answers that are rejected or left undecided beside them', () => {
    const groups = collusionGroups([task]);
    const verdicts = groups.map(({ task: made }) =>
      made.submissions.map(({ label }, at) => (label === 'honest' ? (at === 0 ? 'reject' : 'abstain') : 'accept')),
    );
    const [none, , , , , ...rest] = collusionFigures(groups, verdicts);
    expect(none).toMatchObject({ colluders: 0, accepted: { of: 0 }, honestRejected: { count: 1, of: 5 } });
    const filler = rest.find((one) => one.colluders === 3 && one.strategy === 'filler');
    expect(filler).toMatchObject({ accepted: { count: 3, of: 3 }, honestUndecided: { count: 3, of: 4 } });
  });
});
