/** Runs the checks over many labelled tasks on all cores, without a network. */
import { availableParallelism } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { entryBeside } from '@assay/adapters/process/entry-file';
import type { Hex } from '@assay/protocol/encoding/bytes';
import type { Policy } from '@assay/protocol/policy/policy';
import type { LabelledTask } from '../tasks/task-file.ts';
import type { EvaluatedAnswer, EvaluateRequest, WorkerSetup } from './evaluate-worker.ts';

export interface PoolOptions extends WorkerSetup {
  /** Maximum number of tasks: no more threads are started than there is work for. */
  readonly tasks: number;
  readonly signal: AbortSignal;
}

/** One thing to evaluate. */
export interface Evaluation {
  readonly task: LabelledTask;
  readonly policy: Policy;
  /** See {@link EvaluateRequest}. */
  readonly right?: readonly boolean[];
  /** See {@link EvaluateRequest}. */
  readonly without?: number;
}

const entry = entryBeside(import.meta.url, 'evaluate-worker');

/** How long a thread may take to end what it computes before it is terminated in the middle. */
const settleMs = 10_000;

interface Thread {
  readonly worker: Worker;
  readonly modelDigest: Hex;
  /** Resolves when it has ended what it was last asked to compute. */
  busy: Promise<void>;
}

/** Threads with one model each. A task goes to the thread that had it before and has its vectors. */
export class EvaluationPool {
  readonly modelDigest: Hex;
  readonly #threads: readonly Thread[];
  readonly #signal: AbortSignal;
  readonly #keys = new Map<LabelledTask, number>();
  readonly #threadOf = new Map<LabelledTask, Thread>();

  private constructor(threads: readonly Thread[], modelDigest: Hex, signal: AbortSignal) {
    this.#threads = threads;
    this.modelDigest = modelDigest;
    this.#signal = signal;
  }

  /** Loads the model in every thread. Rejects if it cannot be loaded or the signal aborts; no thread is left then. */
  static async start({ tasks, signal, ...setup }: PoolOptions): Promise<EvaluationPool> {
    const count = Math.max(1, Math.min(availableParallelism(), tasks));
    const workers = Array.from({ length: count }, () => new Worker(entry, { workerData: setup }));
    const loading = workers.map(settled);
    try {
      const threads = await Promise.all(
        workers.map(async (worker) => {
          const { ready } = await answerOf<{ ready: Hex }>(worker, signal, () => undefined);
          return { worker, modelDigest: ready, busy: Promise.resolve() };
        }),
      );
      const [first] = threads;
      if (first === undefined) throw new Error('No thread was started.');
      return new EvaluationPool(threads, first.modelDigest, signal);
    } catch (error) {
      await terminateAll(workers, loading);
      throw error;
    }
  }

  /** The answers in order; `onDone` gets their number so far, and the answer with its index. Do not call it again before it has ended. */
  async evaluate(
    all: readonly Evaluation[],
    onDone: (done: number, answer: EvaluatedAnswer, index: number) => void = () => undefined,
  ): Promise<EvaluatedAnswer[]> {
    const answers: EvaluatedAnswer[] = [];
    const queues = new Map<Thread | undefined, number[]>();
    for (const [index, { task }] of all.entries()) {
      const owner = this.#threadOf.get(task);
      const queue = queues.get(owner) ?? [];
      queues.set(owner, queue);
      queue.push(index);
    }
    let done = 0;
    const work = async (thread: Thread): Promise<void> => {
      for (;;) {
        const index = queues.get(thread)?.shift() ?? queues.get(undefined)?.shift();
        const one = index === undefined ? undefined : all[index];
        if (index === undefined || one === undefined) return;
        const request: EvaluateRequest = { key: this.#keyOf(one.task), ...one };
        this.#threadOf.set(one.task, thread);
        thread.busy = settled(thread.worker);
        const answer = await answerOf<EvaluatedAnswer>(thread.worker, this.#signal, () =>
          thread.worker.postMessage(request),
        );
        answers[index] = answer;
        done += 1;
        onDone(done, answer, index);
      }
    };
    await Promise.all(this.#threads.map(work));
    return answers;
  }

  async close(): Promise<void> {
    await terminateAll(
      this.#threads.map(({ worker }) => worker),
      this.#threads.map(({ busy }) => busy),
    );
  }

  #keyOf(task: LabelledTask): number {
    const key = this.#keys.get(task) ?? this.#keys.size;
    this.#keys.set(task, key);
    return key;
  }
}

/** Resolves with the next message, failure or end of a thread. */
function settled(worker: Worker): Promise<void> {
  return new Promise((resolve) => {
    const events = ['message', 'error', 'exit'];
    const done = (): void => {
      for (const event of events) worker.off(event, done);
      resolve();
    };
    for (const event of events) worker.on(event, done);
  });
}

/**
 * Ends threads when none of them computes: ONNX Runtime aborts the process if its state goes with one thread while another
 * one uses it.
 */
async function terminateAll(workers: readonly Worker[], busy: readonly Promise<void>[]): Promise<void> {
  const late = new AbortController();
  await Promise.race([Promise.all(busy), pause(settleMs, undefined, { signal: late.signal }).catch(() => undefined)]);
  late.abort();
  await Promise.all(workers.map((worker) => worker.terminate()));
}

/** The next message of a thread after `ask`; rejects if it fails or the signal aborts. */
function answerOf<T>(worker: Worker, signal: AbortSignal, ask: () => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const settle = (then: () => void): void => {
      worker.off('message', onMessage);
      worker.off('error', onError);
      worker.off('exit', onExit);
      signal.removeEventListener('abort', onAbort);
      then();
    };
    const onMessage = (message: T): void => settle(() => resolve(message));
    const onError = (error: unknown): void => settle(() => reject(error));
    const onExit = (): void => settle(() => reject(new Error('A thread that runs the checks has ended.')));
    const onAbort = (): void => settle(() => reject(signal.reason));
    worker.on('message', onMessage);
    worker.on('error', onError);
    worker.on('exit', onExit);
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
    else ask();
  });
}
