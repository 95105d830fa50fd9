/** Runs the reducer: takes events out of the mailbox one by one, and carries out what it decides. */

import type { Decision, Effect, Question } from '@assay/aggregation/effects';
import type { FollowedStream } from '@assay/aggregation/followed-streams';
import { withoutContents } from '@assay/aggregation/record/recording';
import { step } from '@assay/aggregation/step';
import { backoffMs, retryBackoff } from '@assay/protocol/backoff';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { errorText } from '@assay/protocol/error-text';
import type { BusMessage, Span } from '@assay/protocol/ports';
import { tuning } from '@assay/protocol/tuning';
import { runFollowLoop } from '@assay/runtime/loop/follow-loop';
import type { Outcome } from '@assay/runtime/loop/outcome';
import { batchAttributes } from '@assay/runtime/service/message-attributes';
import { spans } from '@assay/runtime/service/telemetry-names';
import type { Aggregator } from './aggregator.ts';
import { AlarmClock } from './alarm-clock.ts';
import { answerTo, isAskedOnce, isOfChain } from './ask-bus-and-chain.ts';
import { ConcurrencyLimit } from './concurrency-limit.ts';
import { askForLeftOver, askOperators, post, propose, publishReport } from './effects.ts';
import { type Mail, Mailbox } from './mailbox.ts';
import { tell } from './note-metrics.ts';
import { tellBalance } from './report-metrics.ts';
import { extentsOfEpoch, restoreBooks } from './restore-books.ts';

/** Questions and reports that are with the bus at once. */
const busCallsMax = 64;

const spanOf: Readonly<Record<FollowedStream, string>> = {
  REPORTS: spans.takeReport,
  TASKS: spans.openTask,
  OBSERVATIONS: spans.tally,
  PROPOSALS: spans.takeProposal,
  COSIGNATURES: spans.certify,
};

/** A message whose handling is under way. */
interface InHand {
  readonly span: Span;
  readonly decided: (decision: Decision) => void;
}

/** Runs an aggregator until the signal aborts; resolves when what is under way has ended. */
export async function runAggregator(aggregator: Aggregator, signal: AbortSignal): Promise<void> {
  await new Runner(aggregator, signal).run();
}

class Runner {
  readonly #aggregator: Aggregator;
  readonly #signal: AbortSignal;
  readonly #mailbox = new Mailbox();
  readonly #inHand = new Map<FollowedStream, InHand>();
  readonly #follows = new Map<FollowedStream, AbortController>();
  readonly #underWay = new Set<Promise<void>>();
  /** Kept apart: a chain that does not answer holds up no question to the bus. */
  readonly #chain = new ConcurrencyLimit(tuning.batchesUnderWayMax);
  readonly #bus = new ConcurrencyLimit(busCallsMax);
  readonly #alarm: AlarmClock;

  constructor(aggregator: Aggregator, signal: AbortSignal) {
    this.#aggregator = aggregator;
    this.#signal = signal;
    this.#alarm = new AlarmClock(aggregator.clock, signal, () => this.#mailbox.push({ kind: 'tick' }));
  }

  async run(): Promise<void> {
    const { snapshots } = this.#aggregator;
    const snapshot = await restoreBooks(this.#aggregator, this.#signal);
    const streams = await extentsOfEpoch(this.#aggregator, this.#signal);
    if (streams === undefined) return;
    this.#aggregator.recorder?.start(this.#aggregator.setting, snapshot);
    void tellBalance(this.#aggregator);
    this.#mailbox.push({ kind: 'started', streams });
    const unfollow = this.#followEpochs();
    for (;;) {
      const mail = await this.#mailbox.take(this.#signal);
      if (mail === undefined) break;
      this.#take(mail);
      snapshots?.keepAtTimes(this.#aggregator.books);
    }
    unfollow();
    await Promise.all(this.#underWay);
    await snapshots?.keep(this.#aggregator.books);
  }

  /** Hears of the next epoch: at once if it has started, else when it does. */
  #followEpochs(): () => void {
    const { epochs, view } = this.#aggregator;
    let toldMs: number | undefined;
    const tell = () => {
      const next = epochs.leftOver(view.network.epoch);
      if (next === undefined || next.untilMs === toldMs) return;
      toldMs = next.untilMs;
      this.#mailbox.push({ kind: 'ends', takesUntilMs: next.untilMs, leftOverFromMs: next.countsFromMs });
    };
    tell();
    return epochs.onChange(tell);
  }

  #take(mail: Mail): void {
    const { books, clock, recorder } = this.#aggregator;
    const dated = { ...mail, atMs: clock.nowMs() };
    const event = recorder === undefined ? dated : withoutContents(dated);
    const { effects } = step(books, event);
    recorder?.write(event, effects);
    for (const effect of effects) this.#carryOut(effect);
  }

  #carryOut(effect: Effect): void {
    const { telemetry } = this.#aggregator;
    switch (effect.kind) {
      case 'follow':
        this.#start(this.#follow(effect));
        return;
      case 'handled':
        this.#handled(effect.stream, effect.decision, effect.taskIds);
        return;
      case 'ask':
        this.#start((isOfChain(effect.question) ? this.#chain : this.#bus).run(() => this.#ask(effect.question)));
        return;
      case 'propose': {
        const { sequence } = effect;
        this.#answer(propose(this.#aggregator, effect), (outcome) => ({ kind: 'proposed', sequence, outcome }));
        return;
      }
      case 'ask-operators':
        this.#start(askOperators(this.#aggregator, effect));
        return;
      case 'ask-left-over':
        this.#start(askForLeftOver(this.#aggregator, effect));
        return;
      case 'post': {
        const { sequence } = effect.batch;
        this.#answer(post(this.#aggregator, effect), (outcome) => ({ kind: 'posted', sequence, outcome }));
        return;
      }
      case 'publish-report': {
        const { sequence, task } = effect.report;
        const publish = async () => {
          const outcome = await publishReport(this.#aggregator, effect);
          this.#mailbox.push({ kind: 'report-published', sequence, taskId: task.taskId, outcome });
        };
        this.#start(this.#bus.run(publish));
        return;
      }
      case 'timer':
        this.#alarm.set(effect.atMs);
        return;
      case 'note':
        tell(telemetry, effect.note);
        return;
    }
  }

  #start(work: Promise<void>): void {
    const one = work.finally(() => this.#underWay.delete(one));
    this.#underWay.add(one);
  }

  #answer<T>(work: Promise<T>, mailOf: (outcome: T) => Mail): void {
    this.#start(work.then((outcome) => this.#mailbox.push(mailOf(outcome))));
  }

  /** Follows a stream: each message waits for its decision before the next one is taken. */
  #follow(effect: Effect & { readonly kind: 'follow' }): Promise<void> {
    const { bus, telemetry, service, clock } = this.#aggregator;
    const { stream } = effect;
    const from = 'fromMs' in effect ? { fromMs: effect.fromMs } : { fromSequence: effect.fromSequence };
    this.#follows.get(stream)?.abort();
    this.#inHand.delete(stream);
    this.#mailbox.dropMessage(stream);
    const following = new AbortController();
    this.#follows.set(stream, following);
    const signal = AbortSignal.any([this.#signal, following.signal]);
    const handler = (message: BusMessage, span: Span) => this.#decisionOn(stream, message, span, signal);
    return runFollowLoop(
      { ...from, stream, bus, telemetry, service, clock, handler, spanName: spanOf[stream] },
      signal,
    );
  }

  /** Rejects when the stream is not followed from there any more. */
  #decisionOn(stream: FollowedStream, message: BusMessage, span: Span, signal: AbortSignal): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      const stop = () => reject(new Error(`${stream} is not followed from there any more.`));
      if (signal.aborted) {
        stop();
        return;
      }
      signal.addEventListener('abort', stop, { once: true });
      const decided = (decision: Decision) => {
        signal.removeEventListener('abort', stop);
        resolve(decision);
      };
      this.#inHand.set(stream, { span, decided });
      this.#mailbox.pushMessage(stream, message);
    });
  }

  #handled(stream: FollowedStream, decision: Decision, taskIds: readonly Hex[] | undefined): void {
    const inHand = this.#inHand.get(stream);
    this.#inHand.delete(stream);
    for (const [name, value] of Object.entries(taskIds === undefined ? {} : batchAttributes(taskIds)))
      inHand?.span.setAttribute(name, value);
    inHand?.decided(decision);
  }

  async #ask(question: Question): Promise<void> {
    const { clock, telemetry } = this.#aggregator;
    for (let attempt = 1; !this.#signal.aborted; attempt++) {
      try {
        this.#mailbox.push({ kind: 'answer', answer: await answerTo(this.#aggregator, question, this.#signal) });
        return;
      } catch (error) {
        if (isAskedOnce(question)) {
          this.#mailbox.push({ kind: 'unanswered', question, error: errorText(error) });
          return;
        }
        telemetry.log.warn('a question is asked again', { about: question.about, error: errorText(error) });
        await clock.sleep(backoffMs(retryBackoff, attempt), this.#signal);
      }
    }
  }
}
