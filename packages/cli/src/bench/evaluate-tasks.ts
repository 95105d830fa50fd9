/** Runs the checks over many labelled tasks on all cores, without a network. */
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Policy } from '@assay/protocol/policy';
import type { LabelledTask } from '../tasks/task-file.ts';
import type { EvaluatedAnswer, WorkerSetup } from './evaluate-worker.ts';

export interface EvaluateOptions extends WorkerSetup {
  readonly policy: Policy;
  readonly signal: AbortSignal;
  readonly onDone?: (done: number) => void;
}

const entry = fileURLToPath(new URL('./evaluate-worker.js', import.meta.url));

/** The answers in the tasks' order. Rejects when a thread fails or the signal aborts; no thread is left then. */
export async function evaluateTasks(
  tasks: readonly LabelledTask[],
  options: EvaluateOptions,
): Promise<EvaluatedAnswer[]> {
  const { modelDir, modelName, policy } = options;
  const count = Math.max(1, Math.min(availableParallelism(), tasks.length));
  const workers = Array.from(
    { length: count },
    () => new Worker(entry, { workerData: { modelDir, modelName, policy } satisfies WorkerSetup }),
  );
  const answers: EvaluatedAnswer[] = [];
  const waiting = tasks.entries();
  let done = 0;
  try {
    await Promise.all(
      workers.map(
        (worker) =>
          new Promise<void>((resolve, reject) => {
            const next = () => {
              const { value, done: isLast } = waiting.next();
              if (isLast || value === undefined) resolve();
              else worker.postMessage({ index: value[0], task: value[1] });
            };
            worker.once('error', reject);
            options.signal.addEventListener('abort', () => reject(options.signal.reason), { once: true });
            worker.on('message', (message: EvaluatedAnswer | { ready: string }) => {
              if ('ready' in message) {
                if (message.ready !== policy.modelDigest) {
                  reject(
                    new Error(
                      `The model is ${message.ready}, but policy "${policy.name}" is made for ${policy.modelDigest}; calibrate one for this model.`,
                    ),
                  );
                  return;
                }
              } else {
                answers[message.index] = message;
                done += 1;
                options.onDone?.(done);
              }
              next();
            });
          }),
      ),
    );
    return answers;
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}
