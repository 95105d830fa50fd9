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
import { tableOf } from './terminal.ts';
import { confusionOf, outLinesOf, totalsOf } from './totals.ts';
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

describe('totalsOf', () => {
  it('counts the sealed tasks, and who was refused their keys', () => {
    const sealed = run.map((one, index) => ({ ...one, sealed: index < 2 }));
    expect(totalsOf(sealed, 1, 2)).toMatchObject({ sealed: 2, strangerRefused: 2 });
    expect(totalsAccountOf(totalsOf(sealed, 1, 2), new Map()).join('\n')).toContain('refused 2 of 2 times');
    expect(totalsAccountOf(totalsOf(run, 1), new Map()).join('\n')).not.toContain('sealed');
  });

  it('counts what was judged, and a task without a report only among the tasks', () => {
    expect(totalsOf(run, 1_234.6)).toEqual({
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
      elapsedMs: 1_235,
    });
  });

  it('reports no false verdicts without labels', () => {
    expect(totalsOf([judged([[undefined, 'accept']], 1)], 0)).toMatchObject({ falseAccepts: null, falseRejects: null });
  });

  it('counts no false rejects if nothing is labelled honest', () => {
    expect(totalsOf([judged([['echo', 'accept']], 1)], 0)).toMatchObject({ falseAccepts: 1, falseRejects: 0 });
  });
});

describe('confusionOf', () => {
  it('sums verdicts by label, honest first', () => {
    expect([...confusionOf(run)]).toEqual([
      ['honest', { accept: 1, reject: 1, abstain: 1 }],
      ['echo', { accept: 0, reject: 1, abstain: 0 }],
      ['swap', { accept: 1, reject: 1, abstain: 0 }],
    ]);
  });
});

describe('outLinesOf', () => {
  it('writes a line for each submission, with a null verdict without a report', () => {
    const lines = run
      .slice(2)
      .flatMap(outLinesOf)
      .map((line) => JSON.parse(line));
    expect(lines.map(({ label, verdict }) => [label, verdict])).toEqual([
      ['swap', 'reject'],
      ['honest', null],
    ]);
  });

  it('gives the reasons of every verdict other than accept, and the task id', () => {
    const lines = run
      .slice(0, 3)
      .flatMap((one) => outLinesOf({ ...one, policy: examplePolicy }))
      .map((line) => JSON.parse(line));
    for (const { verdict, reasons, taskId } of lines) {
      expect(reasons.length === 0).toBe(verdict === 'accept');
      for (const { text } of reasons) expect(text).toMatch(/^[a-z]+: [a-z-]+/);
      expect(taskId).toBe(task.taskId);
    }
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
