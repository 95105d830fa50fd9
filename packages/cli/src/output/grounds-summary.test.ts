import type { StatedEvidence } from '@assay/protocol/report/explanation';
import type { Grounds } from '@assay/protocol/report/grounds';
import { expect, it } from 'vitest';
import { whyLines } from './grounds-summary.ts';

const number = { kind: 'number-conflict', strength: 9_600, threshold: 8_000, against: '1986 against 1989' };
const operators = ['a', 'b', 'c', 'd'].map((digit) => `0x${digit.repeat(40)}` as const);
const stated = (items: StatedEvidence['items'], role: StatedEvidence['role'] = 'semantic') =>
  operators.map((operator): StatedEvidence => ({ role, operator, items }));
const undecided = { role: 'semantic', code: 'undecided-score', score: 2_879, scoreMin: 5_000 } as const;
const head = '  m5  semantic: undecided-score 0.2879, accepted from 0.5000';
const observers = () => 4;

it('joins what all operators found in one line', () => {
  expect(whyLines('m5', { reasons: [undecided], stated: stated([number]), observers })).toEqual([
    head,
    '      all 4 operators found: number-conflict 0.96, counts from 0.80: "1986 against 1989"',
  ]);
  expect(whyLines('m5', { reasons: [], stated: stated([number]).slice(0, 1), observers: () => 1 })).toEqual([
    '  m5  semantic, which did not decide',
    '      the operator found: number-conflict 0.96, counts from 0.80: "1986 against 1989"',
  ]);
});

it('names the operators where they found different things, or not all found any, most first', () => {
  const [first, ...others] = stated([number]);
  if (first === undefined) throw new RangeError('There are operators.');
  const some = [{ ...first, items: [{ kind: 'noise' }] }, ...others.slice(0, 2)];
  expect(whyLines('m5', { reasons: [undecided], stated: some, observers })).toEqual([
    head,
    '      2 of 4 operators (0xbbbbbb 0xcccccc) found: number-conflict 0.96, counts from 0.80: "1986 against 1989"',
    '      1 of 4 operators (0xaaaaaa) found: noise',
  ]);
});

it('says nothing twice of what operators found and the content shows', () => {
  const grounds: Grounds = {
    role: 'semantic',
    score: 2_879,
    evidence: [{ flag: 'echo', strength: 9_000, threshold: 6_000 }],
    against: ['1986 against 1989', 'Berlin against Bonn'],
    passages: [{ start: 0, end: 9, text: 'It fell in 1986.', scoreWithout: 10_000, flagsLifted: [] }],
    opposed: { start: 0, end: 9, text: 'It fell in 1989.', miner: 'm7' },
  };
  const passages = [
    '      0-9 "It fell in 1986."  without it 1.00 instead of 0.29',
    '      m7 says "It fell in 1989."',
  ];
  const why = { reasons: [undecided], grounds: [grounds] };
  expect(whyLines('m5', { ...why, stated: stated([number]), observers }).slice(2)).toEqual([
    '      found: echo 0.90, raised from 0.60; Berlin against Bonn',
    ...passages,
  ]);
  expect(whyLines('m5', why)).toEqual([
    head,
    '      found: echo 0.90, raised from 0.60; 1986 against 1989; Berlin against Bonn',
    ...passages,
  ]);
});
