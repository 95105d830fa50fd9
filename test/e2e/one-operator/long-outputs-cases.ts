/** Outputs of 20,000 words: judged by every role, in bounded memory, while every process stays responsive. */
import { readFile } from 'node:fs/promises';
import type { ServiceProcess } from '@assay/cli/network/service-process';
import type { Hex } from '@assay/protocol/encoding/bytes';
import type { CertifiedReport } from '@assay/protocol/report/certified-report';
import { tuning } from '@assay/protocol/tuning';
import { expect, it } from 'vitest';
import { longAnswers } from '../long-answers.ts';
import { standardRoles } from '../standard-roles.ts';
import { validatorOf, type WatchedNetwork } from '../watched-network.ts';

/** The nightly run has seven outputs, `npm test` two of the same length. */
const submissions = process.env.TEST_SCOPE === 'whole' ? 7 : 2;
const words = 20_000;
const memoryMaxBytes = 1e9;
/** A limit for slow machines; the bench states the exact figure (docs/performance.md). */
const delayMaxSeconds = 2;
const pollMs = 50;

/** Needs a network of one operator that is there when the tests start. */
export function longOutputsTests(networkOf: () => WatchedNetwork): void {
  it('are judged by every role, while health checks respond', () => judged(networkOf()));
}

async function judged(watched: WatchedNetwork): Promise<void> {
  const outputs = await longAnswers(submissions, words);
  const validators = standardRoles.map((role) => ({ role, service: validatorOf(watched, 0, role) }));
  const done = new AbortController();
  const slowest = Promise.all(validators.map(({ service }) => slowestHealthAnswer(service, done.signal)));
  const taskId = await watched.gateway.submitTask({
    reference: 'long outputs',
    policy: 'standard',
    prompt: 'Tell me about all of these things at length.',
    submissions: outputs.map((output, index) => ({ miner: `miner-${index}`, output })),
  });
  const report = await reportOn(watched, taskId);
  done.abort();
  const answersMs = await slowest;
  expect(report.observations.map((one) => one.role).toSorted()).toEqual([...standardRoles].toSorted());
  expect(report.results).toHaveLength(submissions);
  const figures = await Promise.all(
    validators.map(async ({ role, service }, index) => ({
      role,
      delaySeconds: await loopDelayOf(service),
      memoryBytes: await peakMemoryOf(service),
      healthAnswerMs: answersMs[index] ?? Number.POSITIVE_INFINITY,
    })),
  );
  for (const { role, delaySeconds, memoryBytes, healthAnswerMs } of figures) {
    console.info(
      `${role}: loop blocked for at most ${Math.round(1_000 * delaySeconds)} ms, /healthz answered within ${Math.round(healthAnswerMs)} ms, at most ${Math.round(memoryBytes / 1e6)} MB`,
    );
  }
  const wrong = figures.filter(
    ({ delaySeconds, memoryBytes, healthAnswerMs }) =>
      delaySeconds > delayMaxSeconds || memoryBytes > memoryMaxBytes || healthAnswerMs > 1_000 * delayMaxSeconds,
  );
  expect(wrong).toEqual([]);
}

/** Waits for the report; the test's own time-out ends the wait if there is none. */
async function reportOn({ gateway }: WatchedNetwork, taskId: Hex): Promise<CertifiedReport> {
  for (;;) {
    const report = await gateway.readReport(taskId, tuning.longPollMsMax);
    if (report !== undefined) return report;
  }
}

/** The longest response time of /healthz, polled until the signal aborts. */
async function slowestHealthAnswer(service: ServiceProcess, signal: AbortSignal): Promise<number> {
  let slowestMs = 0;
  while (!signal.aborted) {
    const startedMs = performance.now();
    const answer = await fetch(`http://127.0.0.1:${service.facts.healthPort}/healthz`);
    await answer.arrayBuffer();
    expect(answer.status).toBe(200);
    slowestMs = Math.max(slowestMs, performance.now() - startedMs);
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  return slowestMs;
}

async function loopDelayOf(service: ServiceProcess): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${service.facts.healthPort}/metrics`);
  const line = /^assay_event_loop_delay_max_seconds(?:\{[^}]*\})? ([\d.e+-]+)/m.exec(await answer.text());
  return Number(line?.[1] ?? Number.POSITIVE_INFINITY);
}

/** The peak memory of a process, as reported by Linux. */
async function peakMemoryOf(service: ServiceProcess): Promise<number> {
  const status = await readFile(`/proc/${service.pid}/status`, 'utf8').catch(() => '');
  return 1_024 * Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0);
}
