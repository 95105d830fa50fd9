/** What the Router says of an answer beside it: the field `assay`, the same as headers, and the bill. */
import type { MinerAnswer } from '../ask-miner.ts';
import type { Judged, Result } from '../judge.ts';
import type { Bill } from '../router.ts';
import type { Asked } from './asked.ts';

/** One answer's result, without its commitments. */
export function stated({ miner, verdict, scores, flags }: Result) {
  return { miner, verdict, scores, flags };
}

/** What the network says of an answer, and of the others beside it. */
export function describe({ chat, reference }: Asked, judged: Judged, { result }: Judged['results'][number]) {
  return {
    mode: chat.mode,
    reference,
    taskId: judged.taskId,
    transaction: judged.transaction,
    ...stated(result),
    results: judged.results.map((one) => stated(one.result)),
  };
}

/** The fields that are known before a verdict, and those that it brings, with their headers. */
const shown = { mode: 'mode', reference: 'reference', miner: 'miner' } as const;
const shownLater = {
  taskId: 'task',
  transaction: 'transaction',
  verdict: 'verdict',
  scores: 'scores',
  flags: 'flags',
} as const;

/** The headers that come as trailers where an answer is sent before its verdict. */
export const verdictHeaders = Object.values(shownLater).map((name) => `x-assay-${name}`);

/** The field as headers, without the other answers. */
export function headersOf(assay: object): Record<string, string> {
  return Object.fromEntries(
    Object.entries({ ...shown, ...shownLater }).flatMap(([field, header]) => {
      const value: unknown = Reflect.get(assay, field);
      return value === undefined ? [] : [[`x-assay-${header}`, words(value)]];
    }),
  );
}

function words(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.entries(value)
    .map(([name, one]) => `${name}=${Array.isArray(one) ? one.join('+') : String(one)}`)
    .join(',');
}

/** What an answer used, by its miner's count of tokens and price. */
export function billOf({ usage, miner }: MinerAnswer, paid = '0'): Bill {
  const { prompt_tokens: promptTokens = 0, completion_tokens: completionTokens = 0 } = usage ?? {};
  return { promptTokens, completionTokens, cost: ((promptTokens + completionTokens) * miner.price) / 1_000_000, paid };
}
