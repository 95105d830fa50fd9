import { expect, it } from 'vitest';
import { type BatchView, type PostingStep, postingStep } from './posting-step.ts';

const view: BatchView = { nowMs: 100, confirmations: 0, wasIn: false, turnMs: 0 };

it.each<[string, Partial<BatchView>, PostingStep]>([
  ['not in, its turn', {}, 'post'],
  ['not in, another’s turn', { turnMs: 101 }, 'wait'],
  ['in, too few blocks on top', { confirmations: 2 }, 'wait'],
  ['in and deep enough, whoever’s turn', { confirmations: 3, turnMs: 101 }, 'report'],
  ['deeper than wanted', { confirmations: 9, wasIn: true }, 'report'],
  ['was in and is not, its turn', { wasIn: true }, 'vanished'],
  ['was in and is not, another’s turn', { wasIn: true, turnMs: 101 }, 'vanished'],
  ['was in and is again', { wasIn: true, confirmations: 1 }, 'wait'],
])('%s: %s', (_, seen, step) => {
  expect(postingStep({ ...view, ...seen }, 3)).toBe(step);
});
