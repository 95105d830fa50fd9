/** One request on its way: its miners are asked, and the network judges what they answer. */
import { metrics } from '@assay/runtime/service/telemetry-names';
import { askMiner, type MinerAnswer, MinerFault } from '../ask-miner.ts';
import { askMiners } from '../ask-miners.ts';
import { type Judged, judgeAnswers, type TaskGateway } from '../judge.ts';
import type { Miner } from '../miners.ts';
import type { Router } from '../router.ts';
import type { ChatRequest } from './chat-request.ts';
import type { Heading } from './completion.ts';
import type { LiveAnswer } from './live-answer.ts';

/** One request on its way. */
export interface Asked {
  readonly router: Router;
  /** Where the caller's tasks go. */
  readonly gateway: TaskGateway;
  readonly chat: ChatRequest;
  readonly reference: string;
  readonly heading: Heading;
  readonly signal: AbortSignal;
}

/** Asks miners in an order until enough have answered. With `live`, the first one's parts go there as they come. */
export async function askAll(asked: Asked, order: readonly Miner[], live?: LiveAnswer): Promise<MinerAnswer[]> {
  const { router, chat, reference, signal } = asked;
  const { book, telemetry, domain, answerTimeoutMs: timeoutMs, hedgeMs } = router;
  const isOnTrial = (miner: Miner) => book.records.stateOf(miner, chat.model) === 'sandboxed';
  const { prompt, forMiners: body } = chat;
  const question = { domain, reference, prompt, body, isTextOnly: chat.kind === 'text' };
  const ask = async (miner: Miner, stop: AbortSignal) => {
    const end = book.begin(miner);
    const askedMs = router.clock.nowMs();
    let outcome = 'answered';
    try {
      // Whoever is on trial is asked beside others: nobody reads it first.
      const isLive = !isOnTrial(miner);
      const answer = await askMiner(miner, question, stop, (part) => {
        if (isLive) live?.add(miner, part);
      });
      book.answered(miner, chat.model, router.clock.nowMs() - askedMs);
      if (isLive) live?.answered(answer);
      return answer;
    } catch (error) {
      outcome = error instanceof MinerFault ? error.code : 'internal';
      // The Router itself hung up: enough others were faster, or the time was over. Whose text the client reads must end.
      if (stop.aborted && (signal.aborted || live?.leader !== miner)) outcome = 'late';
      else book.failed(miner);
      live?.failed(miner);
      telemetry.log.info('a miner’s answer does not count', { miner: miner.name, reason: outcome });
      throw error;
    } finally {
      end();
      telemetry.count(metrics.minerAnswers, { outcome });
    }
  };
  const wanted = wantedOf(asked);
  const patience = { wanted, timeoutMs, hedgeMs, first: () => live?.leader };
  const outer = live === undefined ? signal : AbortSignal.any([signal, live.broken]);
  const answers = await askMiners(order, ask, router.clock, patience, outer);
  return answers.every(({ miner }) => isOnTrial(miner)) ? [] : answers;
}

/** How many miners' answers a request wants. */
export function wantedOf({ chat, router }: Pick<Asked, 'chat' | 'router'>): number {
  return chat.mode === 'off' ? 1 : router.minersAsked;
}

/** The network's verdicts. Throws {@link Fault}. */
export async function judgeAll(
  { router, gateway, chat, reference, signal }: Asked,
  answers: readonly MinerAnswer[],
): Promise<Judged> {
  const question = { reference, prompt: chat.prompt, parameters: chat.parameters };
  const judged = await judgeAnswers(router.judge, gateway, question, answers, signal);
  for (const { answer, result } of judged.results) router.book.judged(answer.miner, chat.model, result);
  return judged;
}
