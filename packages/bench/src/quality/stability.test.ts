import type { Vote } from '@assay/protocol/policy/policy';
import { describe, expect, it } from 'vitest';
import { leftOutOf, stabilityFigures } from './stability.ts';

const taskOf = (...labels: string[]) => ({
  task: labels.join(' '),
  prompt: 'Why?',
  submissions: labels.map((label, at) => ({ miner: `miner-${at}`, output: `answer ${at}`, label })),
});

describe('leftOutOf', () => {
  it('leaves out each honest answer of a task that has another one, and no other answer', () => {
    const tasks = [taskOf('honest', 'filler', 'honest'), taskOf('honest', 'filler')];
    expect(leftOutOf(tasks)).toEqual([
      { task: 0, without: 0 },
      { task: 0, without: 2 },
    ]);
  });
});

describe('stabilityFigures', () => {
  const tasks = [taskOf('honest', 'filler', 'honest'), taskOf('honest', 'honest')];
  const all: Vote[][] = [
    ['accept', 'reject', 'accept'],
    ['accept', 'abstain'],
  ];
  const leftOut = leftOutOf(tasks);

  it('compares each other honest answer with itself, whichever was left out before it', () => {
    const same: Vote[][] = [['reject', 'accept'], ['accept', 'reject'], ['abstain'], ['accept']];
    expect(stabilityFigures(tasks, all, leftOut, same)).toMatchObject({ tasks: 2, verdicts: 4, changed: 0, share: 0 });
  });

  it('counts changes by kind, with an interval that widens as they come together in few tasks', () => {
    const without: Vote[][] = [['reject', 'abstain'], ['accept', 'reject'], ['abstain'], ['accept']];
    const figures = stabilityFigures(tasks, all, leftOut, without);
    expect(figures).toMatchObject({ changed: 1, share: 0.25, kinds: { 'accept to abstain': 1 } });
    expect(figures.low).toBe(0);
    expect(figures.high).toBeGreaterThan(0.5);
  });
});
