/** Operators that sign nonsense: less than a third change no verdict, and even half cause no false one. */
import { join } from 'node:path';
import type { JudgedTask } from '@assay/cli/tasks/judge-tasks';
import type { LabelledTask } from '@assay/cli/tasks/task-file';
import type { Verdict } from '@assay/protocol/report/report';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fixtureTasks, judgeOn } from './fixture-tasks.ts';
import { startWatchedNetwork, type WatchedNetwork } from './watched-network.ts';

const bundles = process.env.ASSAY_BUNDLES ?? '';
const liar = join(bundles, 'lying-validator/main.js');
const policy = 'standard';
const manners = ['noise', 'praise'] as const;
/** One with a tampered commitment, one with a wrong fact, one in another language. */
const chosen = ['fact-capital-australia', 'code-regex-iso-date', 'de-bundeslaender'];

describe('a network of four operators, some of which sign nonsense', () => {
  let network: WatchedNetwork;
  let tasks: LabelledTask[];
  let honest: Verdict[];

  beforeAll(async () => {
    const entryOf = (_: string, operator: number | undefined) => (operator === 0 || operator === 1 ? liar : undefined);
    network = await startWatchedNetwork({ entryOf, environment: { ASSAY_BUNDLES: bundles } });
    tasks = (await fixtureTasks()).filter((one) => chosen.includes(one.task));
    honest = (await verdictsOf(network, tasks)).flat();
  });

  afterAll(() => network.stop());

  it('gives the right verdicts while all of them are honest', () => {
    expect(tasks).toHaveLength(chosen.length);
    expect(honest).toContain('accept');
    expect(honest).toContain('reject');
  });

  it.each(manners)('gives the same verdicts when one of four signs only %s', async (manner) => {
    const judged = await judge(network, lieAbout(tasks, 1, manner));
    expect(liesOf(network.operators[0]?.address, judged)).toBeGreaterThan(0);
    expect(judged.flatMap(resultsOf)).toEqual(honest);
  });

  it('certifies abstain, and nothing false, when two of four sign noise about what the others accept', async () => {
    const judged = await judge(network, lieAbout(tasks, 2, 'noise'));
    const verdicts = judged.flatMap(resultsOf);
    expect(verdicts.filter((_, index) => honest[index] === 'accept')).toEqual(whereHonest('accept', 'abstain'));
    expect(falseVerdicts(verdicts)).toEqual([]);
  });

  it('certifies abstain, and nothing false, when two of four praise what the others reject', async () => {
    const judged = await judge(network, lieAbout(tasks, 2, 'praise'));
    const verdicts = judged.flatMap(resultsOf);
    expect(verdicts.filter((_, index) => honest[index] === 'reject')).toEqual(whereHonest('reject', 'abstain'));
    expect(falseVerdicts(verdicts)).toEqual([]);
  });

  const whereHonest = (was: Verdict, now: Verdict) => honest.filter((one) => one === was).map(() => now);
  const falseVerdicts = (verdicts: readonly Verdict[]) =>
    verdicts.filter((verdict, index) => verdict !== 'abstain' && verdict !== honest[index]);
});

/** The same tasks under references that state which operators lie about them, and how. */
function lieAbout(tasks: readonly LabelledTask[], liars: number, manner: (typeof manners)[number]): LabelledTask[] {
  return tasks.map((one) => ({ ...one, task: `lie:${liars}:${manner}:${one.task}` }));
}

/** Every task certified and proven on chain, or the test fails here. */
async function judge(network: WatchedNetwork, tasks: readonly LabelledTask[]): Promise<JudgedTask[]> {
  const judged = await judgeOn(network, tasks, policy);
  expect(judged.map((one) => one.unproven)).toEqual(tasks.map(() => undefined));
  return judged;
}

async function verdictsOf(network: WatchedNetwork, tasks: readonly LabelledTask[]): Promise<Verdict[][]> {
  return (await judge(network, tasks)).map(resultsOf);
}

function resultsOf({ report }: JudgedTask): Verdict[] {
  return (report?.results ?? []).map((one) => one.verdict);
}

/**
 * The number of an operator's observations in the reports that differ from those of every other operator of the same
 * role.
 */
function liesOf(operator: string | undefined, judged: readonly JudgedTask[]): number {
  const observations = judged.flatMap(({ report }) => report?.observations ?? []);
  return observations.filter(
    (one) =>
      one.operator === operator &&
      observations.every(
        (other) =>
          other.operator === operator ||
          other.taskId !== one.taskId ||
          other.role !== one.role ||
          other.measurements !== one.measurements,
      ),
  ).length;
}
