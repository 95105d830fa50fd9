/** A thread of its own that runs the checks over the tasks it is sent; one model load for each thread. */
import { parentPort, workerData } from 'node:worker_threads';
import { loadEmbedder } from '@assay/adapters/embedder';
import { type EvaluatedSubmission, evaluateTask } from '@assay/checks/evaluate-task';
import { buildTask } from '@assay/protocol/build-task';
import { limits } from '@assay/protocol/limits';
import type { Policy } from '@assay/protocol/policy';
import type { Embedder } from '@assay/protocol/ports';
import { taskRequestSchema } from '@assay/protocol/task';
import { outputText, type TaskContent } from '@assay/protocol/task-content';
import type { LabelledTask } from '../tasks/task-file.ts';

/** What a thread is started with. */
export interface WorkerSetup {
  readonly modelDir: string;
  readonly modelName: string;
  readonly policy: Policy;
}

/** What a thread answers for each task. */
export interface EvaluatedAnswer {
  readonly index: number;
  readonly submissions: readonly EvaluatedSubmission[];
  /** Milliseconds with the model and without it. */
  readonly modelMs: number;
  readonly checksMs: number;
}

/** Miners' signatures are not judged here: no chain is there that they could be for. */
const nowhere = { chainId: 1, hub: `0x${'00'.repeat(20)}` } as const;

const setup = workerData as WorkerSetup;
const embedder = await loadEmbedder({ modelDir: setup.modelDir, modelName: setup.modelName });
parentPort?.postMessage({ ready: embedder.modelDigest });
parentPort?.on('message', ({ index, task }: { index: number; task: LabelledTask }) => {
  // A rejection ends the thread, and its owner is told.
  void evaluate(embedder, setup.policy, index, task).then((answer) => parentPort?.postMessage(answer));
});

async function evaluate(
  model: Embedder,
  policy: Policy,
  index: number,
  labelled: LabelledTask,
): Promise<EvaluatedAnswer> {
  const { task, contents } = buildTask(
    taskRequestSchema.parse({
      reference: labelled.task,
      policy: policy.name,
      ...(labelled.model === undefined ? {} : { parameters: { model: labelled.model } }),
      prompt: labelled.prompt,
      submissions: labelled.submissions.map(({ miner, output, commitment }) => ({ miner, output, commitment })),
    }),
  );
  const content: TaskContent = {
    prompt: labelled.prompt,
    outputs: task.submissions.map(({ cid }) => ({ bytes: contents.get(cid) ?? new Uint8Array() })),
  };
  const startedMs = performance.now();
  const vectors = await Promise.all(content.outputs.map((output) => vectorsOf(model, outputText(output) ?? '')));
  const embeddedMs = performance.now();
  const { submissions } = evaluateTask({ task, content, policy, vectors, domain: nowhere });
  return { index, submissions, modelMs: embeddedMs - startedMs, checksMs: performance.now() - embeddedMs };
}

async function vectorsOf(model: Embedder, text: string): Promise<Float32Array[]> {
  try {
    return await model.embed(model.chunk(text, limits.chunksMax));
  } catch (error) {
    if (error instanceof RangeError) return [];
    throw error;
  }
}
