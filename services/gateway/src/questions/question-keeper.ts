/** Follows questions and answers, and seals what is full or over: what this replica took, and what another one did. */
import { errorText } from '@assay/protocol/error-text';
import type { BusMessage, Keyring } from '@assay/protocol/ports';
import { tuning } from '@assay/protocol/tuning';
import { metrics } from '@assay/runtime/service/telemetry-names';
import { followStream } from '../follow-stream.ts';
import type { OpenQuestion, QuestionBook } from './question-book.ts';
import { type SealingParts, sealQuestion } from './seal-question.ts';

/** The parts that it uses. Without a sealer it only follows. */
export interface KeeperOptions extends SealingParts {
  readonly book: QuestionBook;
  readonly sealer: Keyring | undefined;
}

/** Runs until the signal aborts. A failed seal is tried again after a while. */
export async function keepQuestions(options: KeeperOptions, signal: AbortSignal): Promise<void> {
  const { book, bus, clock, telemetry, sealer } = options;
  const { log } = telemetry;
  let wake = new AbortController();
  const follow = (stream: 'QUESTIONS' | 'ANSWERS', firstSequence: () => Promise<number>, take: Take) =>
    followStream({ bus, clock, log, stream, firstSequence, take }, signal);
  const followers = [
    follow(
      'QUESTIONS',
      async () => (await bus.extent('QUESTIONS')).first,
      (one) => book.takeQuestion(one),
    ),
  ];
  if (sealer !== undefined) {
    const takeAnswer = (message: BusMessage) => {
      if (book.takeAnswer(message)) wake.abort();
    };
    followers.push(follow('ANSWERS', async () => (await bus.lastSequence('ANSWERS')) + 1, takeAnswer));
  }
  while (!signal.aborted) {
    await clock.sleep(tuning.sealPollMs, AbortSignal.any([signal, wake.signal]));
    if (wake.signal.aborted) wake = new AbortController();
    telemetry.gauge(metrics.openQuestions, book.open);
    if (sealer !== undefined && !signal.aborted) await sealDue(options, sealer);
    book.prune(clock.nowMs());
  }
  await Promise.all(followers);
}

type Take = (message: BusMessage) => void;

/** Looks once at every question that may be to seal. */
export async function sealDue(options: KeeperOptions, sealer: Keyring): Promise<void> {
  const due = options.book.due(options.clock.nowMs());
  const own = due.filter(({ question }) => question.question.sealer === sealer.address);
  for (let from = 0; from < own.length; from += tuning.sealsAtOnce)
    await Promise.all(own.slice(from, from + tuning.sealsAtOnce).map((one) => sealOne(options, sealer, one)));
}

async function sealOne(options: KeeperOptions, sealer: Keyring, open: OpenQuestion): Promise<void> {
  const { book, clock, telemetry } = options;
  const { questionId } = open.question;
  try {
    const attempt = await sealQuestion(options, sealer, open.question);
    if (attempt.kind === 'over') {
      book.close(attempt.note);
      return;
    }
    open.isUnknown = false;
    open.answered.clear();
    for (const subject of attempt.read.subjects) open.answered.add(subject);
  } catch (error) {
    telemetry.log.warn('a question could not be sealed; it will be tried again', {
      questionId,
      error: errorText(error),
    });
  }
  open.retryAtMs = clock.nowMs() + tuning.retryDelayMs;
}
