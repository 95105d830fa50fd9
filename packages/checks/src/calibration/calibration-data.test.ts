import { describe, expect, it } from 'vitest';
import { useOf } from './calibration-data.ts';

describe('useOf', () => {
  it.each([
    ['attacks', ['honest', 'echo', 'wrong_number']],
    ['attacks', ['honest', 'own-kind']],
    ['judged', ['wrong_answer', 'honest']],
  ] as const)('takes for %s: %j', (use, labels) => {
    expect(useOf(labels, ['own-kind'])).toEqual({ ok: true, use });
  });

  it.each([
    ['unknown', 'honset', ['honset', 'echo']],
    ['mixed', 'echo', ['honest', 'wrong_answer', 'echo']],
    ['none', '', []],
  ] as const)('refuses what is %s and names it', (why, label, labels) => {
    expect(useOf(labels)).toEqual({ ok: false, label, why });
  });
});
