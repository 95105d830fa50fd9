import fc from 'fast-check';
import { PARTIES, type Party } from '../identity/identity.ts';
import { decodeState, encodeState, establishedSession } from './agreement-state.ts';
import { messagesSent } from './agreement-view.ts';
import { decodeMessage, encodeMessage, type Message } from './message.ts';
import { receiveMessage } from './session.ts';
import { contextOf, flipBit, othersThan, planOf, type Sides, startAll } from './three-parties.fixture.ts';
import type { Method } from './transcript.ts';

/** What the network does with one copy of a message. */
type Weather = 'deliver' | 'delay' | 'repeat' | 'lose' | 'flip';

/** One event on the network. */
export interface Turn {
  /** Which of the copies in transit is delivered next. */
  readonly pick: number;
  readonly weather: Weather;
}

interface Copy {
  readonly to: Party;
  readonly bytes: Uint8Array;
}

/** Few seeds for the parties' randomness, because runs should differ in network faults. */
export const seeds = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h');

const CLEAR: Weather[] = ['deliver', 'deliver', 'delay', 'repeat'];
const STORMY: Weather[] = [
  'deliver',
  'deliver',
  'deliver',
  'deliver',
  'deliver',
  'deliver',
  'delay',
  'repeat',
  'lose',
  'flip',
];

const turnsOf = (weathers: readonly Weather[], length: number) =>
  fc.array(fc.record({ pick: fc.nat({ max: 10_000 }), weather: fc.constantFrom(...weathers) }), {
    minLength: length,
    maxLength: length,
  });

/** Turns of a network that delays, reorders and repeats; a hundred are enough for an agreement to end. */
export const clearTurns = turnsOf(CLEAR, 100);

/** Turns of a network that also loses copies and flips bits. */
export const stormyTurns = turnsOf(STORMY, 40);

function copiesOf(messages: readonly Message[]): Copy[] {
  return messages.flatMap((message) => othersThan(message.sender).map((to) => ({ to, bytes: encodeMessage(message) })));
}

/** Delivers a copy to a side that was just loaded from storage; returns whether the copy must be offered again. */
async function hand(sides: Sides, onTheWay: Copy[], copy: Copy, seed: string): Promise<boolean> {
  const message = decodeMessage(copy.bytes);
  if (!message.ok) return false;
  const stored = decodeState(encodeState(sides[copy.to]));
  if (!stored.ok) throw new Error(stored.refusal.code);
  const step = await receiveMessage(stored.value, message.value, contextOf(copy.to, seed));
  if (step.kind === 'reject') return step.refusal.code === 'message-too-early';
  if (step.kind === 'accept') {
    sides[copy.to] = step.state;
    onTheWay.push(...copiesOf(step.send));
  }
  return false;
}

/** The agreement that runs under network faults. */
export interface Run {
  readonly method: Method;
  readonly coordinator: Party;
  readonly seed: string;
}

/**
 * Runs an agreement under network faults. When the turns are used up, copies in transit are lost, unless they are to
 * arrive.
 */
export async function runThrough(
  run: Run,
  turns: readonly Turn[],
  arrives: 'all arrives' | 'rest is lost',
): Promise<Sides> {
  const { seed } = run;
  const { sides, sent } = startAll(planOf(run.coordinator), seed, run.method);
  const onTheWay = copiesOf(sent);
  for (const { pick, weather } of turns) {
    const [copy] = onTheWay.splice(pick % Math.max(1, onTheWay.length), 1);
    if (copy === undefined) break;
    if (weather === 'lose') continue;
    if (weather === 'delay' || weather === 'repeat') onTheWay.push(copy);
    if (weather === 'delay') continue;
    const bytes = weather === 'flip' ? flipBit(copy.bytes, pick % (copy.bytes.length * 8)) : copy.bytes;
    if (await hand(sides, onTheWay, { to: copy.to, bytes }, seed)) onTheWay.push(copy);
  }
  for (let copy = onTheWay.shift(); copy !== undefined && arrives === 'all arrives'; copy = onTheWay.shift()) {
    if (await hand(sides, onTheWay, copy, seed)) onTheWay.push(copy);
  }
  return sides;
}

/** Sends everything again until nothing changes, like services that continue from stored states. */
export async function settle(sides: Sides, seed: string): Promise<void> {
  for (let round = 0; round < 5; round += 1) {
    const again = PARTIES.flatMap((party) => copiesOf(messagesSent(sides[party])));
    for (const copy of again) await hand(sides, [], copy, seed);
  }
}

/** The distinct keys of the established sides. */
export function keysOf(sides: Sides): Set<string> {
  return new Set(PARTIES.flatMap((party) => establishedSession(sides[party])?.sessionKey.toString() ?? []));
}
