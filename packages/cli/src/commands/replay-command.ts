/** `assay replay <file>`: takes the events of a recorded aggregator again, and shows what was decided of each and why. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { useFastPrimitives } from '@assay/adapters/keys/fast-primitives';
import { describeEffect, describeEvent } from '@assay/aggregation/record/describe';
import { Replay, type Replayed, type ReplayStep } from '@assay/aggregation/record/recording';
import { paint, print } from '../output/terminal.ts';
import { UsageError } from './usage-error.ts';

export interface ReplayCommand {
  /** Show only events that are about this task, or whose effects are. */
  readonly task?: string;
  /** One JSON object for each step instead of the account. */
  readonly json: boolean;
}

interface Totals {
  starts: number;
  events: number;
  effects: number;
  different: number;
  torn: number;
}

/** Resolves with the exit code: 0 when every event has the effects of the recording, else 1. */
export async function replayCommand(file: string, options: ReplayCommand): Promise<number> {
  await useFastPrimitives();
  const totals: Totals = { starts: 0, events: 0, effects: 0, different: 0, torn: 0 };
  const replay = new Replay();
  for await (const line of linesOf(file)) {
    if (line === '') continue;
    const step = replay.next(line);
    count(totals, step);
    if (isWanted(step, options.task)) print(options.json ? jsonOf(step) : textOf(step));
  }
  if (totals.starts === 0) throw new UsageError(`${file} holds no recording: set RECORD_EVENTS_DIR of an aggregator.`);
  const { starts, events, effects, different, torn } = totals;
  const said = `${starts} starts, ${events} events, ${effects} effects, ${different} events with other effects, ${torn} torn lines`;
  print(options.json ? JSON.stringify({ kind: 'end', ...totals }) : said);
  return different === 0 ? 0 : 1;
}

async function* linesOf(file: string): AsyncGenerator<string> {
  const input = createReadStream(file, 'utf8');
  try {
    yield* createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  } catch (cause) {
    throw new UsageError(`${file} cannot be read.`, { cause });
  }
}

function count(totals: Totals, step: ReplayStep): void {
  if (step.kind === 'start') totals.starts++;
  if (step.kind === 'torn') totals.torn++;
  if (step.kind !== 'event') return;
  totals.events++;
  totals.effects += step.effects.length;
  if (!step.isSame) totals.different++;
}

/** Starts are always shown. */
function isWanted(step: ReplayStep, task: string | undefined): boolean {
  if (task === undefined || step.kind !== 'event') return true;
  const id = task.replace(/^0x/, '').toLowerCase();
  return [describeEvent(step.event), ...step.effects.map(describeEffect)].some((text) => text.includes(id));
}

function jsonOf(step: ReplayStep): string {
  if (step.kind === 'torn') return JSON.stringify(step);
  if (step.kind === 'start') {
    const { network, pace } = step.setting;
    const { kind, isFromSnapshot } = step;
    return JSON.stringify({
      kind,
      chainId: network.chainId,
      hub: network.hub,
      epoch: network.epoch,
      pace,
      isFromSnapshot,
    });
  }
  const { kind, number, event, effects, isSame } = step;
  const at = new Date(event.atMs).toISOString();
  return JSON.stringify({
    kind,
    number,
    at,
    event: describeEvent(event),
    effects: effects.map(describeEffect),
    isSame,
  });
}

function textOf(step: ReplayStep): string {
  if (step.kind === 'torn') return paint('yellow', 'a line breaks off: the process died while it was written');
  if (step.kind === 'event') return textOfEvent(step);
  const { network, pace } = step.setting;
  const from = step.isFromSnapshot ? 'from a snapshot' : 'with empty books';
  return paint('bold', `aggregator ${pace.index} of ${pace.count}, epoch ${network.epoch} of ${network.hub}, ${from}`);
}

function textOfEvent({ number, event, effects, isSame }: Replayed): string {
  const at = paint('dim', `${String(number).padStart(6)}  ${new Date(event.atMs).toISOString()}`);
  const lines = effects.map((effect) => `          ${effect.kind === 'handled' ? '=' : '>'} ${describeEffect(effect)}`);
  const differs = isSame ? [] : [paint('red', '          ! other effects than were recorded')];
  return [`${at}  ${describeEvent(event)}`, ...lines, ...differs].join('\n');
}
