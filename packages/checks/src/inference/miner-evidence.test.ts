import { expect, it } from 'vitest';
import { afterTask, alarmAt, tasksUntilAlarm } from './miner-evidence.ts';

it('adds powers of ten, and starts anew when the evidence speaks for the miner', () => {
  expect(afterTask(0, 5_000)).toBe(0);
  expect(afterTask(1_500, 3_500)).toBe(3_000);
  expect(afterTask(1_500, 7_000)).toBe(-500);
  expect(afterTask(-500, 4_000)).toBe(1_000);
});

it('finds a model that is swapped after many honest tasks as soon as one swapped at once', () => {
  const border = alarmAt(10_000);
  expect(border).toBe(4_000);
  const honest = Array.from({ length: 500 }, (_, at) => 5_300 + 100 * (at % 5));
  const swapped = [3_600, 3_600, 3_600];
  expect(tasksUntilAlarm(swapped, border)).toBe(3);
  expect(tasksUntilAlarm([...honest, ...swapped], border)).toBe(503);
  expect(tasksUntilAlarm(honest, border)).toBeUndefined();
});

it('accuses an honest miner about once in the stated number of tasks at most', () => {
  // Honest e-values: 4 with chance 1/5, else 1/4; their mean is 1. Their scores are 602 points from the middle.
  let state = 9;
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const scores = Array.from({ length: 200_000 }, () => (next() < 0.2 ? 5_000 - 602 : 5_000 + 602));
  let [alarms, from] = [0, 0];
  for (;;) {
    const tasks = tasksUntilAlarm(scores.slice(from, from + 20_000), alarmAt(1_000));
    if (tasks === undefined) from += 20_000;
    else {
      alarms += 1;
      from += tasks;
    }
    if (from >= scores.length) break;
  }
  expect(alarms).toBeLessThanOrEqual(200);
});
