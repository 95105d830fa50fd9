/**
 * One worker thread that computes for a process, so that the process's event loop only does I/O. The thread is loaded
 * once and keeps its state, such as a model; calls to it may overlap. See `thread-calls.ts` for its side.
 *
 * Not a pool from a library: pools provide many stateless threads. Assay needs one thread with state that reports facts
 * when it is ready and whose restart is noticed.
 */

import { setTimeout as pause } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { backoffMs, retryBackoff } from '@assay/protocol/backoff';
import { errorText } from '@assay/protocol/error-text';
import type { Log } from '@assay/protocol/ports';
import { tuning } from '@assay/protocol/tuning';
import { noOpLogger } from '../telemetry/no-op-logger.ts';
import type { ThreadAnswer, ThreadCall, ThreadReady } from './thread-calls.ts';

/** The thread's code and its limits. */
export interface WorkThreadOptions {
  /** File of the thread's code, which calls `serveCalls`. */
  readonly entry: URL;
  /** Passed to the thread at each start, as a structured clone. */
  readonly data: unknown;
  readonly log?: Log;
  /** Maximum number of running and waiting calls; {@link tuning.threadCallsMax} if absent. */
  readonly callsMax?: number;
  /** Time-out of a call; a thread that takes longer is hanging and is ended. {@link tuning.threadCallMs} if absent. */
  readonly callMs?: number;
  /** Heap limit of the thread in megabytes; beyond it the thread ends, not the process. */
  readonly heapMb?: number;
}

/** A thread that answers calls. */
export interface WorkThread<Facts> {
  /** The facts that the thread reported when it was first ready. */
  readonly facts: Facts;
  /**
   * Calls a function of the thread. Rejects with the function's own error. Rejects with a different error if too many
   * calls wait, the thread ended in the meantime, or it was closed; the caller may then retry.
   */
  call<Output>(name: string, input: unknown): Promise<Output>;
  /** False while the thread restarts. */
  isReady(): boolean;
  /** Ends the thread; calls in progress reject. */
  close(): Promise<void>;
}

interface Waiting {
  readonly resolve: (output: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

/** Starts the thread and resolves when it is ready. Rejects if it ends before. */
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
    const { entry, data, heapMb = tuning.threadHeapMb } = this.#options;
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
        end(new Error(`The thread was not ready after ${tuning.serviceStartMs} ms.`));
        void worker.terminate();
      }, tuning.serviceStartMs);
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
    const { callsMax = tuning.threadCallsMax, callMs = tuning.threadCallMs } = this.#options;
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

  /** Rejects the thread's calls and restarts it, with a longer pause each time that it ends without an answer. */
  #onEnd(worker: Worker, error: Error): void {
    if (this.#worker !== worker || this.#closing.signal.aborted) return;
    this.#worker = undefined;
    this.#giveBack(error);
    void this.#startAgain(error);
  }

  async #startAgain(first: Error): Promise<void> {
    let reason = first;
    while (!this.#closing.signal.aborted) {
      const delayMs = backoffMs(retryBackoff, this.#endsInARow + 1);
      this.#log.error('thread ended, restarts', { reason: errorText(reason), delayMs });
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
