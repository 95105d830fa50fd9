/** What share of the stake can take what share of the weight, and for how long: docs/committees.md states the bounds. */
import { expect, it } from 'vitest';
import { type Game, playSeatGame } from './seat-games.ts';
import { neededAbove, SeatModel } from './seat-model.ts';

const games = process.env.TEST_SCOPE === 'whole' ? 10_000 : 2_000;
const habits = ['answer', 'do nothing'] as const;
const played = habits.map(
  (habit) => [habit, Array.from({ length: games }, (_, seed) => playSeatGame(`${habit} ${seed}`, habit))] as const,
);

/** Everything that breaks a bound in any of the games, with the seed that shows it. */
function breaches(habit: (typeof habits)[number], of: (game: Game) => string[]): string[] {
  const some = new Map(played).get(habit) ?? [];
  return some.flatMap((game, seed) => of(game).map((what) => `${habit} ${seed}: ${what}`));
}

it.each(habits)('whoever counts was known to come through the whole epoch before: the honest %s', (habit) => {
  const surprises = ({ epochs }: Game) =>
    epochs.flatMap(({ surprises: some }, index) => some.map((one) => `${one} in epoch ${index + 1}`));
  expect(breaches(habit, surprises)).toEqual([]);
});

it('nobody that answers loses its seat: the share of weight is at most the share of stake', () => {
  const found = breaches('answer', ({ epochs, budget }) =>
    epochs.flatMap(({ putOut, attackers, honest, honestStake }, index) => [
      ...putOut.map(({ lost }) => `${lost} is out in epoch ${index + 1}`),
      ...(attackers > budget || honest < honestStake ? [`epoch ${index + 1}: ${attackers} of ${budget}`] : []),
    ]),
  );
  expect(found).toEqual([]);
});

it('an answer brings a stake to at most ten elevenths of the challenge, and one unit', () => {
  const found = breaches('answer', ({ answers }) =>
    answers
      .filter(({ added, challenger }) => added > (challenger * 10) / 11 + 1)
      .map(({ added, challenger }) => `${added} against ${challenger}`),
  );
  expect(found).toEqual([]);
});

it('those that do nothing lose at most as much stake as the attacker has, however often it starts over', () => {
  let most = 0;
  const found = breaches('do nothing', ({ epochs, budget }) =>
    epochs.flatMap(({ putOut, honest, honestStake, attackers }, index) => {
      const out = putOut.reduce((sum, { stake }) => sum + stake, 0);
      most = Math.max(most, out / budget);
      const isWithin = out <= budget && attackers <= budget && honest + out === honestStake;
      return isWithin ? [] : [`epoch ${index + 1}: ${out} out for ${budget}`];
    }),
  );
  expect(found).toEqual([]);
  // The bound is close: some game comes near it.
  expect(most).toBeGreaterThan(0.8);
});

it('who was put out rejoins with its bound stake, and counts in the next epoch but one', () => {
  const model = new SeatModel(2, 100);
  model.join(1, 200);
  model.join(2, 500);
  model.startEpoch();
  expect(model.join(3, neededAbove(200) - 1)).toBe(false);
  expect(model.join(3, neededAbove(200))).toBe(true);
  expect([...(model.startEpoch()?.keys() ?? [])]).toEqual([1, 2]);
  expect([...(model.startEpoch()?.keys() ?? [])]).toEqual([3, 2]);
  expect(model.rejoin(1, 41)).toBe(false);
  expect(model.rejoin(1, 42)).toBe(true);
  model.startEpoch();
  expect(Object.fromEntries(model.startEpoch() ?? [])).toEqual({ 1: 242, 2: 500 });
});
