/** The worker thread that runs the checks over tasks; each thread loads the model once. */
import { parentPort, workerData } from 'node:worker_threads';
import { readEmbeddingEndpoint } from '@assay/adapters/model/embedding-endpoint';
import { connectEndpointEmbedder } from '@assay/adapters/model/endpoint-embedder';
import { systemClock } from '@assay/adapters/process/system-clock';
import type { LabelledAnswerGroup } from '@assay/checks/agreement/agreement-head';
import { labelledAnswers } from '@assay/checks/agreement/embedding-check';
import { type EvaluatedSubmission, evaluateTask } from '@assay/checks/calibration/evaluate-task';
import { piecesOf } from '@assay/checks/segments/segment-text';
import { packVectors, unpackVectors } from '@assay/protocol/encoding/packed-vectors';
import { limits } from '@assay/protocol/limits';
import type { Policy } from '@assay/protocol/policy/policy';
import type { Embedder } from '@assay/protocol/ports';
import { buildTask } from '@assay/protocol/task/build-task';
import { taskRequestSchema } from '@assay/protocol/task/task';
import { outputText, type TaskContent } from '@assay/protocol/task/task-content';
import type { ModelPlace } from '../network/model-location.ts';
import { publicRequestOf } from '../tasks/public-request.ts';
import type { LabelledTask } from '../tasks/task-file.ts';

/** A thread's start data. */
export interface WorkerSetup extends ModelPlace {
  /** Keep each task's vectors, so that the task can be judged again without the model. */
  readonly keepVectors: boolean;
}

/** A request to a thread. */
export interface EvaluateRequest {
  readonly key: number;
  readonly task: LabelledTask;
  readonly policy: Policy;
  /** Requests the submissions as examples for the agreement head; by submission, whether it is right. */
  readonly right?: readonly boolean[];
  /** The index of a submission that is left out: the others are judged as if it had never come. */
  readonly without?: number;
}

/** Examples for the agreement head, in the form sent between threads. */
export type SentAnswerGroup = Omit<LabelledAnswerGroup, 'cosineOf'> & {
  readonly cosines: readonly (readonly number[])[];
};

/** A thread's answer for each task. */
export interface EvaluatedAnswer {
  readonly key: number;
  readonly submissions: readonly EvaluatedSubmission[];
  readonly answers?: SentAnswerGroup;
  /** Milliseconds with the model and without it. */
  readonly modelMs: number;
  readonly checksMs: number;
}

/** Miners' signatures are not checked here, because there is no chain that they could be bound to. */
const nowhere = { chainId: 1, hub: `0x${'00'.repeat(20)}` } as const;

const { keepVectors, endpointFile, ...place } = workerData as WorkerSetup;
const embedder = await (endpointFile === undefined ? loadedModel() : modelElsewhere(endpointFile));
const kept = new Map<number, readonly (readonly Float32Array[])[]>();
parentPort?.postMessage({ ready: embedder.modelDigest });
parentPort?.on('message', (request: EvaluateRequest) => {
  // A rejection ends the thread, and its owner is told.
  void evaluate(embedder, request).then((answer) => parentPort?.postMessage(answer));
});

async function loadedModel(): Promise<Embedder> {
  const { loadEmbedder } = await import('@assay/adapters/model/embedder');
  return loadEmbedder(place);
}

function modelElsewhere(file: string): Promise<Embedder> {
  return connectEndpointEmbedder(readEmbeddingEndpoint(file), { clock: systemClock, random: Math.random });
}

async function evaluate(
  model: Embedder,
  { key, task: whole, policy, right, without }: EvaluateRequest,
): Promise<EvaluatedAnswer> {
  const isLeft = (_: unknown, at: number): boolean => at !== without;
  const labelled = without === undefined ? whole : { ...whole, submissions: whole.submissions.filter(isLeft) };
  const { task, contents } = buildTask(taskRequestSchema.parse(publicRequestOf(labelled, policy.name)));
  const content: TaskContent = {
    prompt: labelled.prompt,
    outputs: task.submissions.map(({ cid }) => ({ bytes: contents.get(cid) ?? new Uint8Array() })),
  };
  const startedMs = performance.now();
  const known = kept.get(key)?.filter(isLeft);
  const vectors = known ?? (await Promise.all(content.outputs.map((one) => vectorsOf(model, outputText(one) ?? ''))));
  if (keepVectors && without === undefined) kept.set(key, vectors);
  const embeddedMs = performance.now();
  const input = { task, content, policy, vectors, domain: nowhere };
  const { submissions } = evaluateTask(input);
  const checkedMs = performance.now();
  return {
    key,
    submissions,
    ...(right === undefined ? {} : { answers: sent(labelledAnswers(input, right)) }),
    modelMs: embeddedMs - startedMs,
    checksMs: checkedMs - embeddedMs,
  };
}

function sent({ cosineOf, ...group }: LabelledAnswerGroup): SentAnswerGroup {
  const positions = group.answers.map((_, position) => position);
  return { ...group, cosines: positions.map((a) => positions.map((b) => (a === b ? 1 : cosineOf(a, b)))) };
}

async function vectorsOf(model: Embedder, text: string): Promise<Float32Array[]> {
  try {
    const vectors = await model.embed(piecesOf(text, (part, most) => model.chunk(part, most), limits.chunksMax));
    // As the services compare them, which keep vectors packed.
    return unpackVectors(packVectors(vectors), model.dimensions);
  } catch (error) {
    if (error instanceof RangeError) return [];
    throw error;
  }
}
