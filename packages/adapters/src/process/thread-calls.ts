/** The thread's side of `work-thread.ts`: receives calls and answers them. */
import { parentPort } from 'node:worker_threads';

/** One piece of work for the thread. */
export interface ThreadCall {
  readonly id: number;
  readonly name: string;
  readonly input: unknown;
}

/** The thread's message when it is ready for calls. */
export interface ThreadReady {
  readonly ready: unknown;
}

/** The result of a call. */
export type ThreadAnswer =
  | { readonly id: number; readonly output: unknown }
  | { readonly id: number; readonly error: Error };

/** The functions of a thread, by name. Input and output are structured clones. */
export type ThreadWork = Readonly<Record<string, (input: never) => unknown>>;

/** Reports that the thread is ready, with facts for its owner, and answers calls from then on. */
export function serveCalls(facts: unknown, work: ThreadWork): void {
  const port = parentPort;
  if (port === null) throw new Error('This file is the code of a thread; start it with startWorkThread.');
  const answer = async ({ id, name, input }: ThreadCall): Promise<ThreadAnswer> => {
    try {
      const handler = work[name];
      if (handler === undefined) throw new Error(`The thread has no work "${name}".`);
      return { id, output: await handler(input as never) };
    } catch (error) {
      return { id, error: error instanceof Error ? error : new Error(String(error)) };
    }
  };
  port.on('message', (call: ThreadCall) => {
    // An answer that cannot be cloned ends the thread, and its owner is told.
    void answer(call).then((message) => port.postMessage(message));
  });
  port.postMessage({ ready: facts } satisfies ThreadReady);
}
