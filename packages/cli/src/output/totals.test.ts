import {
  exampleCertifiedReport,
  exampleNetwork,
  exampleObservations,
  examplePolicy,
  exampleTask,
} from '@assay/protocol/network/example-network';
import type { Verdict } from '@assay/protocol/report/report';
import { describe, expect, it } from 'vitest';
import type { JudgedTask } from '../tasks/judge-tasks.ts';
import { verdictLineOf } from '../verdicts/verdict-line.ts';
import { progressOf, tableOf } from './terminal.ts';
import { confusionOf, outcomeOf, outcomeOfLine, totalsOf } from './totals.ts';
import { totalsAccountOf } from './totals-summary.ts';

const example = exampleNetwork();
const { task } = exampleTask();
const base = exampleCertifiedReport(example, [{ task, observations: exampleObservations(example, task) }]);

/** A judged task; each submission is a label and a verdict. `sequence` undefined: no report. */
function judged(
  submissions: readonly [label: string | undefined, verdict: Verdict][],
  sequence?: number,
  unproven?: string,
): JudgedTask {
  const results = submissions.map(([, verdict], index) => ({
    miner: `m-${index}`,
    verdict,
    scores: {},
    flags: {},
    final: true,
  }));
  return {
    task: {
      task: 't',
      prompt: 'p',
      submissions: submissions.map(([label], index) => ({
        miner: `m-${index}`,
        output: 'o',
        ...(label === undefined ? {} : { label }),
      })),
    },
    taskId: task.taskId,
    sealed: false,
    report: sequence === undefined ? undefined : { ...base, results, sequence },
    unproven: sequence === undefined ? 'no certified report in time' : unproven,
  };
}

const run = [
  judged(
    [
      ['honest', 'accept'],
      ['swap', 'accept'],
      ['honest', 'reject'],
    ],
    1,
  ),
  judged(
    [
      ['echo', 'reject'],
      ['honest', 'abstain'],
    ],
    1,
  ),
  judged([['swap', 'reject']], 2, 'not-in-batch: no'),
  judged([['honest', 'accept']]),
];

const outcomes = run.map(outcomeOf);

describe('totalsOf', () => {
  it('counts the sealed tasks, and who was refused their keys', () => {
    const sealed = run.map((one, index) => outcomeOf({ ...one, sealed: index < 2 }));
    const totals = totalsOf(sealed, { elapsedMs: 1, strangerRefused: 2 });
    expect(totals).toMatchObject({ sealed: 2, strangerRefused: 2 });
    expect(totalsAccountOf(totals, new Map()).join('\n')).toContain('refused 2 of 2 times');
    expect(totalsAccountOf(totalsOf(outcomes, { elapsedMs: 1 }), new Map()).join('\n')).not.toContain('sealed');
  });

  it('counts what was judged, and a task without a report only among the tasks', () => {
    expect(totalsOf(outcomes, { elapsedMs: 1_234.6 })).toEqual({
      tasks: 4,
      submissions: 7,
      accepted: 2,
      rejected: 3,
      abstained: 1,
      batches: 2,
      certified: 3,
      provenOnChain: 2,
      falseAccepts: 1,
      falseRejects: 1,
      sealed: 0,
      strangerRefused: null,
      judgedBefore: 0,
      elapsedMs: 1_235,
    });
  });

  it('reports no false verdicts without labels', () => {
    const only = [outcomeOf(judged([[undefined, 'accept']], 1))];
    expect(totalsOf(only, { elapsedMs: 0 })).toMatchObject({ falseAccepts: null, falseRejects: null });
  });

  it('counts no false rejects if nothing is labelled honest', () => {
    const only = [outcomeOf(judged([['echo', 'accept']], 1))];
    expect(totalsOf(only, { elapsedMs: 0 })).toMatchObject({ falseAccepts: 1, falseRejects: 0 });
  });

  it('counts a task of an earlier run like one of this run', () => {
    const before = run.flatMap((one) => {
      const line = verdictLineOf({ ...one, policy: examplePolicy });
      return line === undefined ? [] : [outcomeOfLine(one.task, line)];
    });
    expect(before).toEqual(outcomes.slice(0, 2));
    expect(totalsOf(before, { elapsedMs: 0, judgedBefore: 2 })).toMatchObject({ tasks: 2, judgedBefore: 2 });
  });

  it('says that nothing is certified where nothing can be', () => {
    const text = totalsAccountOf(totalsOf([], { elapsedMs: 0 }), new Map(), false).join('\n');
    expect(text).toContain('nothing is certified');
    expect(text).not.toContain('proven');
  });
});

describe('confusionOf', () => {
  it('sums verdicts by label, honest first', () => {
    expect([...confusionOf(outcomes)]).toEqual([
      ['honest', { accept: 1, reject: 1, abstain: 1 }],
      ['echo', { accept: 0, reject: 1, abstain: 0 }],
      ['swap', { accept: 1, reject: 1, abstain: 0 }],
    ]);
  });
});

describe('progressOf', () => {
  it('states the rate of this run and the time left at it', () => {
    expect(progressOf(1_100, 2_000, { judged: 100, elapsedMs: 10_000 })).toBe(
      '1,100 of 2,000 tasks  10.0 a second  1 min 30 s left',
    );
    expect(progressOf(1, 40_000, { judged: 1, elapsedMs: 1_000 })).toContain('11 h 06 min left');
    expect(progressOf(0, 10, { judged: 0, elapsedMs: 0 })).toBe('0 of 10 tasks');
  });
});

describe('tableOf', () => {
  it('makes columns as wide as their widest cell, without trailing spaces', () => {
    expect(
      tableOf(
        [
          ['a', 'bb', 'c'],
          ['aaa', '1', ''],
        ],
        [1],
      ),
    ).toEqual(['a    bb  c', 'aaa   1']);
  });

  it('does not count colours as width', () => {
    const green = '\u001b[32mok\u001b[39m';
    expect(
      tableOf([
        [green, 'x'],
        ['four', 'y'],
      ]),
    ).toEqual([`${green}    x`, 'four  y']);
  });
});
