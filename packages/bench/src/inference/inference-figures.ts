/** How well texts of the claimed model are told from others: by kind, by length and by number of answers. */
import { aucInterval, aucOf } from '@assay/checks/calibration/roc';
import { scoreOfEvidence } from '@assay/checks/inference/inference-check';
import { alarmAt, tasksUntilAlarm } from '@assay/checks/inference/miner-evidence';
import { type TextEvidence, textEvidence } from '@assay/checks/inference/text-evidence';
import { quantile } from '../spread.ts';
import { type Rate, rateOf } from '../wilson-interval.ts';
import { honestKind } from './inference-plan.ts';
import type { BenchText } from './inference-texts.ts';

/** One row: a kind of text against the claimed model's. */
export interface InferenceRow {
  readonly claimedAt: number;
  readonly kind: string;
  /** Tokens of each text that were looked at, at most. */
  readonly tokens: number;
  /** Answers of one miner that were looked at together. */
  readonly answers: number;
  readonly honest: number;
  readonly others: number;
  /** Of the e-value, which the role judges by. */
  readonly auc: number;
  readonly low: number;
  readonly high: number;
  /** Of the share of most likely tokens (temperature 0), or of z squared. */
  readonly aucPlain: number;
  /** Texts (or groups of answers) with evidence at p < 1e-4. */
  readonly rejected: Rate;
  /** Answers of one miner until it is accused, by the median of drawn runs; undefined if most runs end without. */
  readonly answersUntilAlarm: number | undefined;
}

/** Natural logarithm of 10,000 in thousandths. */
const evidenceMin = 9_211;
const lengths = [35, 70, 140];
const answerCounts = [1, 2, 4, 8];
/** Groups drawn for each number of answers above one; they share texts, so no interval is stated for them. */
const groupsDrawn = 400;

/** Runs of a miner that are drawn, their answers, and the tasks between two false alarms. */
const runsDrawn = 200;
const runLength = 64;
const tasksBetweenFalseAlarms = 10_000;

/** What honest differences are granted, as a policy would. */
const granted = { tieMilli: 20, missesPpm: 20_000 } as const;

interface Judged {
  readonly log: number;
  readonly plain: number;
}

/**
 * All rows, with so many of the most likely tokens told apart. The kind of honest texts has rows too, which show the false
 * alarms.
 */
export function inferenceRows(texts: readonly BenchText[], likeliest: number): InferenceRow[] {
  const temperatures = [...new Set(texts.map(({ claimedAt }) => claimedAt))];
  return temperatures.flatMap((claimedAt) => {
    const own = texts.filter((one) => one.claimedAt === claimedAt);
    const kinds = [...new Set(own.map(({ kind }) => kind))];
    return lengths.flatMap((tokens) => {
      const judged = new Map(
        kinds.map(
          (kind) => [kind, own.filter((one) => one.kind === kind).map((one) => judge(one, tokens, likeliest))] as const,
        ),
      );
      const honest = judged.get(honestKind) ?? [];
      const answers = tokens === lengths.at(-1) ? answerCounts : [1];
      return kinds.flatMap((kind) =>
        answers.map((count) => rowOf({ claimedAt, kind, tokens, answers: count }, honest, judged.get(kind) ?? [])),
      );
    });
  });
}

function judge({ tokens, claimedAt }: BenchText, tokensMax: number, likeliest: number): Judged {
  const evidence = textEvidence(tokens.slice(0, tokensMax), { ...granted, likeliest, temperatureMilli: claimedAt });
  return { log: evidence.log, plain: plainOf(evidence, claimedAt) };
}

function plainOf({ z, misses, tokens }: TextEvidence, claimedAt: number): number {
  return claimedAt === 0 ? misses / Math.max(1, tokens) : (z / 100) ** 2;
}

type RowKey = Pick<InferenceRow, 'claimedAt' | 'kind' | 'tokens' | 'answers'>;

function rowOf(key: RowKey, honest: readonly Judged[], others: readonly Judged[]): InferenceRow {
  const [ours, theirs] = [grouped(honest, key.answers, 1), grouped(others, key.answers, 2)];
  const isHonest = [...ours.map(() => true), ...theirs.map(() => false)];
  const areaOf = (of: (one: Judged) => number) =>
    aucOf(
      [...ours, ...theirs].map((one) => -of(one)),
      isHonest,
    );
  const auc = areaOf(({ log }) => log);
  const interval =
    key.answers === 1 ? aucInterval(auc, ours.length, theirs.length) : { low: Number.NaN, high: Number.NaN };
  return {
    ...key,
    honest: honest.length,
    others: others.length,
    auc,
    ...interval,
    aucPlain: areaOf(({ plain }) => plain),
    answersUntilAlarm: key.answers === 1 ? untilAlarm(others) : undefined,
    rejected: rateOf(theirs.filter(({ log }) => log > evidenceMin).length, theirs.length),
  };
}

/** The median number of answers after which the evidence over a miner's tasks accuses it. */
function untilAlarm(all: readonly Judged[]): number | undefined {
  if (all.length === 0) return undefined;
  const next = seeded(3);
  const runs = Array.from({ length: runsDrawn }, () => {
    const drawn = Array.from({ length: runLength }, () => all[Math.floor(next() * all.length)]?.log ?? 0);
    return tasksUntilAlarm(drawn.map(scoreOfEvidence), alarmAt(tasksBetweenFalseAlarms)) ?? Number.POSITIVE_INFINITY;
  });
  const median = quantile(runs, 0.5);
  return Number.isFinite(median) ? median : undefined;
}

/** Numbers from 0 to 1, the same in each run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Random groups of so many texts, their evidence added up. */
function grouped(all: readonly Judged[], count: number, seed: number): readonly Judged[] {
  if (count === 1 || all.length < count) return count === 1 ? all : [];
  const next = seeded(seed);
  return Array.from({ length: groupsDrawn }, () => {
    const left = [...all];
    const drawn = Array.from({ length: count }, () => left.splice(Math.floor(next() * left.length), 1)[0]);
    const sum = (of: (one: Judged) => number) =>
      drawn.reduce((total, one) => total + (one === undefined ? 0 : of(one)), 0);
    return { log: sum(({ log }) => log), plain: sum(({ plain }) => plain) };
  });
}
