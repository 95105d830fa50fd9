// Writes test/vectors/seats.json: a random game for all 128 seats, move by move, with what the model of the rules
// (test/chain/seat-model.ts) says of each move and of each epoch's set. The contract must come to the same.
// With --check it writes nothing and fails when the file differs.
import { readFileSync, writeFileSync } from 'node:fs';
import { encodeAbiParameters, keccak256, parseAbiParameters } from 'viem';
import { privateKeyToAddress } from 'viem/accounts';
import { SeatModel } from '../../../test/chain/seat-model.ts';
import { SeededRandom } from '../../../test/sim/seeded-random.ts';

const path = new URL('../../../test/vectors/seats.json', import.meta.url);
const minimum = 100;
const seats = 128;
const operators = 140;
const moveCount = 120;
const epochs = 10;

const addresses = Array.from({ length: operators + 1 }, (_, number) =>
  privateKeyToAddress(
    keccak256(encodeAbiParameters(parseAbiParameters('string, uint256'), ['operator', BigInt(number)])),
  ),
);
const random = new SeededRandom('seats');
const model = new SeatModel(seats, minimum);
/** Each move as kind, operator, amount, 1 where it is taken; a start has no operator. */
const moves = [];
const setDigests = [];

/** What the moves of each kind are in the model, in the order of the contract's test. */
const kinds = [
  (who, amount) => model.join(who, amount),
  (who, amount) => model.rejoin(who, amount),
  (who, amount) => model.addStake(who, amount),
  (who) => model.resign(who),
  (who, amount) => model.slash(who, amount),
];

function move(kind, who, amount) {
  moves.push(kind, who, amount, kinds[kind](who, amount) ? 1 : 0);
}

function startEpoch() {
  const weights = [...model.startEpoch()].map(([who, weight]) => [addresses[who], BigInt(weight)]);
  weights.sort(([one], [other]) => (one.toLowerCase() < other.toLowerCase() ? -1 : 1));
  const members = weights.map(([operator, weight]) => ({ operator, weight }));
  setDigests.push(keccak256(encodeAbiParameters(parseAbiParameters('(address operator, uint96 weight)[]'), [members])));
  moves.push(kinds.length, 0, 0, 1);
}

/** A move that has some chance of being taken. */
function randomMove() {
  const who = random.integer(1, operators);
  const needed = Math.ceil((model.lowestBid ?? minimum) * 1.1) + 1;
  if (model.stakeOf(who) === 0) return move(0, who, random.integer(needed - 20, needed + 10));
  if (model.isSeated(who)) return random.chance(0.05) ? move(3, who, 0) : move(2, who, random.integer(1, 40));
  if (model.rivalOf(who) > 0) return move(random.integer(1, 3), who, random.integer(0, 50));
  return move(1, who, random.integer(0, Math.max(0, needed + 10 - model.stakeOf(who))));
}

/** The holder of a challenged seat answers, or somebody is slashed. */
function answer() {
  const held = Array.from({ length: operators }, (_, index) => index + 1).filter((one) => model.isSeated(one));
  const challenged = held.filter((one) => model.rivalOf(one) > 0);
  const one = challenged[random.integer(0, challenged.length)];
  if (one !== undefined) move(2, one, random.integer(1, 30));
  if (random.chance(0.3)) move(4, random.pick(challenged.length > 0 ? challenged : held), 3_000);
}

for (let who = 1; who < seats; who++) move(0, who, random.integer(minimum, 140));
startEpoch();
for (let epoch = 1; epoch < epochs; epoch++) {
  for (let count = 0; count < moveCount / epochs; count++) {
    randomMove();
    if (random.chance(0.25)) answer();
  }
  startEpoch();
}

const text = `${JSON.stringify({ moves, setDigests }, null, 1)}\n`;
if (!process.argv.includes('--check')) {
  writeFileSync(path, text);
} else if (readFileSync(path, 'utf8') !== text) {
  console.error('test/vectors/seats.json is not what test/make-seat-vectors.mjs makes: run npm run vectors');
  process.exitCode = 1;
}
