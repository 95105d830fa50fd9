/** What the network said of each miner's answers, for each model and day: the window that a miner is judged by. */
import { type ShareInterval, wilsonInterval } from '@assay/checks/calibration/roc';
import type { Clock } from '@assay/protocol/ports';
import { z } from 'zod';
import type { Miner } from '../miners.ts';
import { dayOf } from '../usage/usage.ts';
import { type MinerStanding, type MinerState, newcomer, standingAfter, stateSchema } from './state-test.ts';

/** Windows that are reported, in days. Older days are dropped. */
const windows = { day: 1, week: 7, month: 30 } as const;
const dayMs = 86_400_000;
const countSchema = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
const flagsMax = 128;

const daySchema = z.strictObject({
  judged: countSchema,
  accepted: countSchema,
  /** Answers with each flag, as `semantic.off-topic`. */
  flags: z.record(z.string().max(160), countSchema),
  answers: countSchema,
  answerMs: countSchema,
});

type Day = z.infer<typeof daySchema>;

const recordSchema = z.strictObject({ standing: stateSchema, days: z.record(z.iso.date(), daySchema) });

/** All records, by `address model`. */
export const recordsSchema = z.record(z.string().max(512), recordSchema);

export type SavedRecords = z.infer<typeof recordsSchema>;

/** What a window has. */
export interface WindowFigures {
  readonly judged: number;
  readonly accepted: number;
  /** Share of the judged answers that were accepted, with its 95 % interval (Wilson). */
  readonly acceptRate: ShareInterval & { readonly share: number };
  readonly flags: Readonly<Record<string, number>>;
  readonly meanAnswerMs: number;
}

/** One miner and model. */
export interface MinerFigures {
  readonly name: string;
  readonly address: string;
  readonly model: string;
  readonly state: MinerState;
  readonly windows: Readonly<Record<keyof typeof windows, WindowFigures>>;
}

/** A result of a certified report: the part that is counted. */
interface Counted {
  readonly verdict: 'accept' | 'reject' | 'abstain';
  readonly flags: Readonly<Record<string, readonly string[] | undefined>>;
}

/** The records of one Router. */
export class MinerRecords {
  readonly #clock: Pick<Clock, 'nowMs'>;
  readonly #records: Map<string, { standing: MinerStanding; days: Record<string, Day> }>;
  readonly #onChange: () => void;

  constructor(clock: Pick<Clock, 'nowMs'>, saved: SavedRecords = {}, onChange: () => void = () => undefined) {
    this.#clock = clock;
    this.#records = new Map(Object.entries(saved));
    this.#onChange = onChange;
  }

  stateOf(miner: Miner, model: string): MinerState {
    return this.#records.get(nameOf(miner, model))?.standing.state ?? newcomer.state;
  }

  /** A signed answer came after so many milliseconds. */
  answered(miner: Miner, model: string, ms: number): void {
    const day = this.#today(miner, model);
    day.answers++;
    day.answerMs += Math.max(0, Math.round(ms));
    this.#onChange();
  }

  /** A certified report judged an answer. Abstaining says nothing about the miner. */
  judged(miner: Miner, model: string, { verdict, flags }: Counted): void {
    if (verdict === 'abstain') return;
    const day = this.#today(miner, model);
    day.judged++;
    if (verdict === 'accept') day.accepted++;
    for (const [role, names] of Object.entries(flags))
      for (const name of names ?? []) {
        const flag = `${role}.${name}`;
        if (flag in day.flags || Object.keys(day.flags).length < flagsMax) day.flags[flag] = (day.flags[flag] ?? 0) + 1;
      }
    const record = this.#recordOf(miner, model);
    record.standing = standingAfter(record.standing, verdict === 'accept');
    this.#onChange();
  }

  /** The figures of registered miners, in their order. */
  read(miners: readonly Miner[]): MinerFigures[] {
    return miners.flatMap((miner) =>
      miner.models.map((model) => ({
        name: miner.name,
        address: miner.address,
        model,
        state: miner.state === 'removed' ? 'removed' : this.stateOf(miner, model),
        windows: {
          day: this.#window(miner, model, windows.day),
          week: this.#window(miner, model, windows.week),
          month: this.#window(miner, model, windows.month),
        },
      })),
    );
  }

  /** Everything, for a file. */
  get saved(): SavedRecords {
    return Object.fromEntries(this.#records);
  }

  #window(miner: Miner, model: string, days: number): WindowFigures {
    const oldest = dayOf(this.#clock.nowMs() - (days - 1) * dayMs);
    const all = Object.entries(this.#records.get(nameOf(miner, model))?.days ?? {});
    const within = all.filter(([day]) => day >= oldest).map(([, one]) => one);
    const sum = (of: (day: Day) => number) => within.reduce((total, day) => total + of(day), 0);
    const [judged, accepted, answers] = [
      sum((day) => day.judged),
      sum((day) => day.accepted),
      sum((day) => day.answers),
    ];
    const flags: Record<string, number> = {};
    for (const day of within)
      for (const [name, count] of Object.entries(day.flags)) flags[name] = (flags[name] ?? 0) + count;
    return {
      judged,
      accepted,
      acceptRate: { share: judged === 0 ? 0 : accepted / judged, ...wilsonInterval(accepted, judged) },
      flags,
      meanAnswerMs: answers === 0 ? 0 : Math.round(sum((day) => day.answerMs) / answers),
    };
  }

  #recordOf(miner: Miner, model: string) {
    const name = nameOf(miner, model);
    const record = this.#records.get(name) ?? { standing: newcomer, days: {} };
    this.#records.set(name, record);
    return record;
  }

  #today(miner: Miner, model: string): Day {
    const { days } = this.#recordOf(miner, model);
    const today = dayOf(this.#clock.nowMs());
    const oldest = dayOf(this.#clock.nowMs() - (windows.month - 1) * dayMs);
    const day = days[today] ?? { judged: 0, accepted: 0, flags: {}, answers: 0, answerMs: 0 };
    days[today] = day;
    for (const old of Object.keys(days)) if (old < oldest) delete days[old];
    return day;
  }
}

function nameOf({ address }: Miner, model: string): string {
  return `${address} ${model}`;
}

/**
 * The order to ask drawn miners in: active ones, restricted ones, and one sandboxed miner as the last of the first
 * `wanted`, where at least one other is asked before it.
 */
export function orderOf(drawn: readonly Miner[], stateOf: (miner: Miner) => MinerState, wanted: number): Miner[] {
  const of = (state: MinerState) => drawn.filter((miner) => stateOf(miner) === state);
  const usual = [...of('active'), ...of('restricted')];
  const [trial] = of('sandboxed');
  return trial === undefined || wanted < 2 || usual.length === 0 ? usual : usual.toSpliced(wanted - 1, 0, trial);
}
