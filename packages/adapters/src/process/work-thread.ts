/**
 * One thread that computes for a process, so that the process's own loop does nothing but I/O. The thread is loaded
 * once and keeps its state (a model, say); calls to it may overlap. See `thread-calls.ts` for its side.
 *
 * Not a pool from a library: what is wanted is one thread with state, facts that it tells when it is ready, and a
 * restart that is noticed, where pools offer many threads without state.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { errorText } from '@assay/protocol/error-text';
import { limits } from '@assay/protocol/limits';
import type { Log } from '@assay/protocol/ports';
import { noOpLogger } from '../telemetry/no-op-logger.ts';
import type { ThreadAnswer, ThreadCall, ThreadReady } from './thread-calls.ts';

/** What to run, and what it may take. */
export interface WorkThreadOptions {
  /** File of the thread's code, which calls `serveCalls`. */
  readonly entry: URL;
  /** Handed to the thread at each start, as a structured clone. */
  readonly data: unknown;
  readonly log?: Log;
  /** Calls that may be under way or wait at once; {@link limits.threadCallsMax} if absent. */
  readonly callsMax?: number;
  /** A call that takes longer ends the thread: it hangs. {@link limits.threadCallMs} if absent. */
  readonly callMs?: number;
  /** Memory of the thread's JavaScript, megabytes; beyond it the thread ends, not the process. */
  readonly heapMb?: number;
}

/** A thread that answers calls. */
export interface WorkThread<Facts> {
  /** What the thread said of itself when it was first ready. */
  readonly facts: Facts;
  /**
   * Has the thread do a piece of work. Rejects with the work's own error; with an error of its own when too many calls
   * wait, the thread ended meanwhile, or it was closed: the work is then undone, and whoever asked may ask again.
   */
  call<Output>(name: string, input: unknown): Promise<Output>;
  /** False while the thread starts again. */
  isReady(): boolean;
  /** Ends the thread; calls under way reject. */
  close(): Promise<void>;
}

interface Waiting {
  readonly resolve: (output: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

/** Starts the thread and resolves when it is ready. Rejects when it ends before. */
export async function startWorkThread<Facts>(options: WorkThreadOptions): Promise<WorkThread<Facts>> {
  const thread = new RestartedThread(options);
  const facts = (await thread.start()) as Facts;
  return {
    facts,
    call: <Output>(name: string, input: unknown) => thread.call(name, input) as Promise<Output>,
    isReady: () => thread.isReady(),
    close: () => thread.close(),
  };
}

class RestartedThread {
  readonly #options: WorkThreadOptions;
  readonly #log: Log;
  readonly #waiting = new Map<number, Waiting>();
  readonly #closing = new AbortController();
  #worker: Worker | undefined;
  #nextId = 1;
  #endsInARow = 0;

  constructor(options: WorkThreadOptions) {
    this.#options = options;
    this.#log = options.log ?? noOpLogger;
  }

  isReady(): boolean {
    return this.#worker !== undefined;
  }

  start(): Promise<unknown> {
    const { entry, data, heapMb = limits.threadHeapMb } = this.#options;
    const worker = new Worker(entry, { workerData: data, resourceLimits: { maxOldGenerationSizeMb: heapMb } });
    return new Promise((resolve, reject) => {
      let ended = false;
      const end = (error: Error) => {
        if (ended) return;
        ended = true;
        clearTimeout(patience);
        reject(error);
        this.#onEnd(worker, error);
      };
      const patience = setTimeout(() => {
        end(new Error(`The thread was not ready after ${limits.serviceStartMs} ms.`));
        void worker.terminate();
      }, limits.serviceStartMs);
      worker.on('error', (error) => end(error instanceof Error ? error : new Error(String(error))));
      worker.on('exit', (code) => end(new Error(`The thread ended with code ${code}.`)));
      worker.on('message', (message: ThreadReady | ThreadAnswer) => {
        if (!('ready' in message)) {
          this.#answer(message);
          return;
        }
        clearTimeout(patience);
        if (this.#closing.signal.aborted) void worker.terminate();
        else this.#worker = worker;
        resolve(message.ready);
      });
    });
  }

  async call(name: string, input: unknown): Promise<unknown> {
    const { callsMax = limits.threadCallsMax, callMs = limits.threadCallMs } = this.#options;
    const worker = this.#worker;
    if (worker === undefined) throw new Error(`The work "${name}" is given back: its thread is not running.`);
    if (this.#waiting.size >= callsMax)
      throw new Error(`The work "${name}" is given back: ${callsMax} calls wait for its thread already.`);
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#log.error('thread hangs and is ended', { work: name, afterMs: callMs });
        void worker.terminate();
      }, callMs).unref();
      this.#waiting.set(id, { resolve, reject, timer });
      worker.postMessage({ id, name, input } satisfies ThreadCall);
    });
  }

  async close(): Promise<void> {
    this.#closing.abort();
    const worker = this.#worker;
    this.#giveBack(new Error('The thread was closed.'));
    this.#worker = undefined;
    await worker?.terminate();
  }

  #answer(answer: ThreadAnswer): void {
    const waiting = this.#waiting.get(answer.id);
    if (waiting === undefined) return;
    this.#waiting.delete(answer.id);
    clearTimeout(waiting.timer);
    this.#endsInARow = 0;
    if ('error' in answer) waiting.reject(answer.error);
    else waiting.resolve(answer.output);
  }

  /** Gives back what the thread had, and starts it again, later each time that it ends without having answered. */
  #onEnd(worker: Worker, error: Error): void {
    if (this.#worker !== worker || this.#closing.signal.aborted) return;
    this.#worker = undefined;
    this.#giveBack(error);
    void this.#startAgain(error);
  }

  async #startAgain(first: Error): Promise<void> {
    let reason = first;
    while (!this.#closing.signal.aborted) {
      const delayMs = Math.min(limits.retryDelayMs * 2 ** this.#endsInARow, limits.retryDelayMsMax);
      this.#log.error('thread ended, starts again', { reason: errorText(reason), delayMs });
      this.#endsInARow += 1;
      await pause(delayMs, undefined, { signal: this.#closing.signal }).catch(() => undefined);
      if (this.#closing.signal.aborted) return;
      try {
        await this.start();
        this.#log.info('thread runs again');
        return;
      } catch (error) {
        reason = error instanceof Error ? error : new Error(String(error));
      }
    }
  }

  #giveBack(cause: Error): void {
    for (const { reject, timer } of this.#waiting.values()) {
      clearTimeout(timer);
      reject(new Error(`The work is given back: its thread ended (${errorText(cause)}).`, { cause }));
    }
    this.#waiting.clear();
  }
}
