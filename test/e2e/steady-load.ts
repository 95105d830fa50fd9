/** Clients that submit one task after another and wait for each report, whatever is restarted meanwhile. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Hex } from '@assay/protocol/encoding/bytes';
import type { CertifiedReport } from '@assay/protocol/report/certified-report';
import type { TaskRequestInput } from '@assay/protocol/task/task';

const usualPatienceMs = 90_000;
const retryPauseMs = 250;
/** Above what a client asks to wait for a report: a connection whose other end vanished says nothing. */
const requestTimeoutMs = 30_000;

/** A client's view of a task. */
export interface Handled {
  readonly taskId: Hex;
  /** From the first try to submit it until its certified report was read. */
  readonly ms: number;
  readonly report: CertifiedReport;
}

/** What the clients do. */
export interface LoadPlan {
  /** The target of a request; it may change, as a Kubernetes Service's routing by readiness does. */
  readonly gatewayUrl: () => string;
  /** The request of a number, from 1. */
  readonly requestOf: (number: number) => TaskRequestInput;
  /** Tasks in progress at once. */
  readonly underWayMax: number;
  /** How long a client repeats a request; 90 s by default. */
  readonly patienceMs?: number;
}

/** The running clients. */
export interface Load {
  /** Submits one more task. */
  also(request: TaskRequestInput): void;
  /** The tasks whose reports are there. Throws if a client failed. */
  soFar(): readonly Handled[];
  /** Resolves with all tasks when their reports are there. Rejects if a client failed. */
  stop(): Promise<readonly Handled[]>;
}

/** Keeps some tasks in progress, like many clients that each wait for their report, until `stop`. */
export function startLoad(plan: LoadPlan): Load {
  const { gatewayUrl, requestOf, underWayMax, patienceMs = usualPatienceMs } = plan;
  const handled: Handled[] = [];
  const under = new Set<Promise<void>>();
  const ended = new AbortController();
  let failure: unknown;
  const also = (request: TaskRequestInput) => {
    const one: Promise<void> = handle({ gatewayUrl, patienceMs }, request)
      .then((done) => void handled.push(done))
      .catch((error: unknown) => {
        failure ??= error;
        ended.abort();
      })
      .finally(() => under.delete(one));
    under.add(one);
  };
  const soFar = () => {
    if (failure !== undefined) throw failure;
    return handled;
  };
  const running = (async () => {
    for (let number = 1; !ended.signal.aborted; number++) {
      also(requestOf(number));
      if (under.size >= underWayMax) await Promise.race(under);
    }
  })();
  const stop = async () => {
    ended.abort();
    await running;
    await Promise.all(under);
    return soFar();
  };
  return { also, soFar, stop };
}

type Asked = Required<Pick<LoadPlan, 'gatewayUrl' | 'patienceMs'>>;

async function handle(asked: Asked, request: TaskRequestInput): Promise<Handled> {
  const startedMs = performance.now();
  const body = JSON.stringify(request);
  const { taskId } = await patiently<{ taskId?: Hex }>(asked, '/v1/tasks', [202, 409], body);
  if (taskId === undefined) throw new Error('The gateway took a task and told no id.');
  const report = await patiently<CertifiedReport>(asked, `/v1/reports/${taskId}?waitMs=10000`, [200]);
  return { taskId, ms: performance.now() - startedMs, report };
}

/** Like a client: repeats the same request without a response, or after one that may change. Posts a body, if there is one. */
async function patiently<T>(
  { gatewayUrl, patienceMs }: Asked,
  path: string,
  wanted: readonly number[],
  body?: string,
): Promise<T> {
  const untilMs = Date.now() + patienceMs;
  const init = body === undefined ? {} : { method: 'POST', headers: { 'content-type': 'application/json' }, body };
  let last = 'no answer';
  while (Date.now() < untilMs) {
    try {
      const response = await fetch(`${gatewayUrl()}${path}`, {
        ...init,
        signal: AbortSignal.timeout(requestTimeoutMs),
      });
      const answer = (await response.json()) as T;
      if (wanted.includes(response.status)) return answer;
      last = `${response.status} ${JSON.stringify(answer)}`;
    } catch (error) {
      last = String(error);
    }
    await pause(retryPauseMs);
  }
  throw new Error(`${path} had no result in ${patienceMs} ms: ${last}`);
}
