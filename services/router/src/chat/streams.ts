/** Answers as server-sent events: whole ones after their verdict, and live ones with the verdict at the end. */
import { errorText } from '@assay/protocol/error-text';
import type { MinerAnswer } from '../ask-miner.ts';
import { errorBodyOf, Fault } from '../faults.ts';
import type { Miner } from '../miners.ts';
import type { Bill, RouterAnswer } from '../router.ts';
import { type Asked, askAll, judgeAll } from './asked.ts';
import { billOf, describe, headersOf, verdictHeaders } from './assay-field.ts';
import { endChunks, eventOf, partChunk, verdictChunk } from './completion.ts';
import { LiveAnswer } from './live-answer.ts';

/** A stream of chunks. What goes wrong in it is its last event. */
export function streamed(
  { router, reference, chat }: Asked,
  chunks: AsyncIterable<object> | Iterable<object>,
  headers: Readonly<Record<string, string>>,
  bill: Bill | Promise<Bill>,
): RouterAnswer {
  const { log } = router.telemetry;
  const events = async function* () {
    try {
      for await (const one of chunks) yield eventOf(one);
    } catch (error) {
      const fault = error instanceof Fault ? error : new Fault('internal');
      log.warn('a stream ended without a verdict', { code: fault.code, reason: errorText(error) });
      yield eventOf(errorBodyOf(fault));
    }
    yield eventOf('[DONE]');
  };
  return {
    status: 200,
    body: events(),
    bill,
    contentType: 'text/event-stream; charset=utf-8',
    headers: {
      'cache-control': 'no-cache',
      'x-assay-mode': chat.mode,
      'x-assay-reference': reference,
      ...headers,
    },
  };
}

/** The answer of the miner that is first to say something, from its first part on. Throws {@link Fault} before it. */
export async function liveAnswer(asked: Asked, order: readonly Miner[]): Promise<RouterAnswer> {
  const live = new LiveAnswer();
  const answering = askAll(asked, order, live);
  await Promise.race([live.begun, answering]);
  const { leader } = live;
  if (leader === undefined) throw new Fault('no-miner-answered', `${order.length} of its miners had room.`);
  const said: Record<string, string> = {};
  const chunks = liveChunks(asked, live, answering, said);
  const bill = live.ended.then((answer) => billOf(answer));
  const answer = streamed(asked, chunks, { 'x-assay-miner': leader.address }, bill);
  if (asked.chat.mode === 'off') return answer;
  return { ...answer, trailers: Object.fromEntries(verdictHeaders.map((name) => [name, () => said[name]])) };
}

/** The answer's end comes when its signature holds, and the verdict when the others have answered and all are judged. */
async function* liveChunks(
  asked: Asked,
  live: LiveAnswer,
  answering: Promise<readonly MinerAnswer[]>,
  said: Record<string, string>,
): AsyncGenerator<object> {
  const { heading, chat, reference } = asked;
  let isFirst = true;
  for await (const part of live.parts()) {
    yield partChunk(heading, part, isFirst);
    isFirst = false;
  }
  const answer = await live.ended;
  yield* endChunks(heading, answer, chat.includesUsage);
  if (chat.mode === 'off') {
    yield verdictChunk(heading, { mode: 'off', reference, miner: answer.miner.address });
    return;
  }
  const judged = await judgeAll(asked, await answering);
  const own = judged.results.find((one) => one.answer === answer);
  if (own === undefined) throw new Fault('report-not-proven');
  const assay = describe(asked, judged, own);
  Object.assign(said, headersOf(assay));
  yield verdictChunk(heading, assay);
}
