/** Random games for seats: honest operators, and an attacker with money and as many identities as it wants. */
import { SeededRandom } from '../sim/seeded-random.ts';
import { neededAbove, SeatModel } from './seat-model.ts';

const minimum = 100;
/** The attacker's identities; the honest have lower numbers. */
const firstIdentity = 1_000;

/** What the honest do about a challenge: bring what it takes to keep the seat, or nothing. */
type Honest = 'answer' | 'do nothing';

/** One operator's loss of its seat to somebody else. */
interface Loss {
  readonly lost: number;
  readonly stake: number;
}

/** An epoch of a game, as it started. */
interface GameEpoch {
  readonly weights: ReadonlyMap<number, number>;
  /** What the attacker has in seats that count, and what the honest have there. */
  readonly attackers: number;
  readonly honest: number;
  /** All honest stake in the registry, counting or put out. */
  readonly honestStake: number;
  readonly putOut: readonly Loss[];
  /** Who counts although its seat or challenge was not known through the whole epoch before. */
  readonly surprises: readonly number[];
}

/** What a game came to. */
export interface Game {
  /** The attacker's money. */
  readonly budget: number;
  readonly epochs: readonly GameEpoch[];
  /** What the honest added to keep their seats, and the stake of the attacker's that it answered. */
  readonly answers: readonly { readonly added: number; readonly challenger: number }[];
}

interface Table {
  readonly model: SeatModel;
  readonly random: SeededRandom;
  readonly honest: number[];
  readonly attackers: number[];
  /** For each identity, the epoch that ran when its seat or its challenge became known. */
  readonly known: Map<number, number>;
  readonly answers: { added: number; challenger: number }[];
  purse: number;
}

/**
 * Plays one game.
 * @param seed says everything: stakes, seats, money and moves
 */
export function playSeatGame(seed: string, habit: Honest): Game {
  const random = new SeededRandom(seed);
  const model = new SeatModel(random.integer(4, 12), minimum);
  const honest = Array.from({ length: random.integer(2, model.seats) }, (_, index) => index + 1);
  const stake = random.integer(minimum, 1_000);
  for (const one of honest) model.join(one, random.chance(0.5) ? stake : random.integer(minimum, 1_000));
  const total = honest.reduce((sum, one) => sum + model.stakeOf(one), 0);
  const budget = random.integer(minimum, total);
  const table: Table = { model, random, honest, attackers: [], known: new Map(), answers: [], purse: budget };
  const epochs = [startEpoch(table)];
  const length = random.integer(4, 14);
  while (epochs.length < length) {
    attack(table);
    if (habit === 'answer') answer(table);
    attack(table);
    epochs.push(startEpoch(table));
  }
  return { budget, epochs, answers: table.answers };
}

/** The attacker's moves of a while: it spreads its money over seats, takes it back and starts over. */
function attack(table: Table): void {
  const { model, random, attackers } = table;
  if (random.chance(0.1)) for (const one of attackers) leave(table, one);
  const moves = random.integer(0, model.seats);
  const isGreedy = random.chance(0.6);
  for (let move = 0; move < moves; move++) {
    const own = attackers[random.integer(0, Math.max(0, attackers.length - 1))];
    if (isGreedy || own === undefined) enter(table);
    else random.pick([enter, enter, leave, raise])(table, own);
  }
}

/** A new identity, or one that was put out, with as little as it takes or a random share of the money. */
function enter(table: Table): void {
  const { model, random, attackers } = table;
  const least = model.lowestBid === undefined ? minimum : neededAbove(model.lowestBid);
  const stake = random.chance(0.8) ? least : random.integer(minimum, Math.max(minimum, table.purse));
  const out = attackers.find((one) => !model.isSeated(one) && model.rivalOf(one) === 0);
  if (out !== undefined) {
    const amount = Math.max(0, stake - model.stakeOf(out));
    if (amount <= table.purse && model.rejoin(out, amount)) spend(table, out, amount);
    return;
  }
  const identity = firstIdentity + attackers.length;
  if (stake <= table.purse && model.join(identity, stake)) {
    attackers.push(identity);
    spend(table, identity, stake);
  }
}

function spend(table: Table, operator: number, amount: number): void {
  table.purse -= amount;
  table.known.set(operator, table.model.epoch);
}

/** Gives a seat or a challenge up, and has the money at once: no unbonding holds the attacker back. */
function leave(table: Table, operator: number): void {
  table.model.resign(operator);
  table.purse += table.model.withdraw(operator);
}

function raise(table: Table, operator: number): void {
  const amount = table.random.integer(0, table.purse);
  if (table.model.addStake(operator, amount)) table.purse -= amount;
}

/** Every honest operator that is challenged adds just enough to keep its seat. */
function answer({ model, honest, answers }: Table): void {
  for (const one of honest) {
    const challenger = model.stakeOf(model.rivalOf(one));
    let kept = model.stakeOf(one);
    if (challenger < neededAbove(kept)) continue;
    kept = Math.floor((challenger * 10) / 11);
    while (neededAbove(kept) <= challenger) kept += 1;
    answers.push({ added: kept - model.stakeOf(one), challenger });
    model.addStake(one, kept - model.stakeOf(one));
  }
}

function startEpoch({ model, honest, known }: Table): GameEpoch {
  const weights = model.startEpoch() ?? new Map<number, number>();
  const isHonest = (one: number) => one < firstIdentity;
  const sum = (some: [number, number][]) => some.reduce((total, [, weight]) => total + weight, 0);
  return {
    weights,
    attackers: sum([...weights].filter(([one]) => !isHonest(one))),
    honest: sum([...weights].filter(([one]) => isHonest(one))),
    honestStake: honest.reduce((total, one) => total + model.stakeOf(one), 0),
    putOut: honest.filter((one) => !model.isSeated(one)).map((lost) => ({ lost, stake: model.stakeOf(lost) })),
    surprises: [...weights.keys()].filter((one) => (known.get(one) ?? 0) > Math.max(0, model.epoch - 2)),
  };
}
