/** Publishes tasks like the gateway and times each until its certificate is complete. */

import { subjects } from '@assay/protocol/bus/subjects';
import type { Hex } from '@assay/protocol/encoding/bytes';
import type { TaskWithContents } from '@assay/protocol/task/build-task';
import { contentPlaceOf } from '@assay/protocol/task/content-place';
import { encodeTaskMessage } from '@assay/protocol/task/task-message';
import type { BenchNetwork } from './bench-network.ts';
import { CertificateWitness } from './certificate-witness.ts';

const stuckMs = 180_000;
const putsAtOnce = 128;

/** The result of an open-loop run. */
export interface TimedTasks {
  /** Milliseconds from before the task's publication to its certificate, in the order of the tasks. */
  readonly latenciesMs: readonly number[];
  readonly taskIds: readonly Hex[];
}

/** The result of a closed-loop run. */
export interface Sustained {
  readonly tasks: number;
  readonly seconds: number;
  readonly batches: number;
}

/** The load on one network. */
export class Load {
  private readonly on: BenchNetwork;
  private readonly waiting = new Map<Hex, (atMs: number) => void>();
  private readonly early = new Map<Hex, number>();
  private readonly witness: CertificateWitness;
  private readonly followed: Promise<void>;
  private published = 0;

  constructor(on: BenchNetwork, signal: AbortSignal) {
    this.on = on;
    this.witness = new CertificateWitness(on.network, (taskId, atMs) => this.tell(taskId, atMs));
    this.followed = this.witness.follow(on.bus, signal);
    // Callers that wait for a certificate get the failure.
    this.followed.catch(() => undefined);
  }

  /**
   * Open loop: one task each `1 / rate` seconds, whether or not earlier ones are done. Content is stored before the
   * clock starts.
   */
  async timed(tasks: readonly TaskWithContents[], rate: number): Promise<TimedTasks> {
    await this.store(tasks);
    const startedMs = performance.now();
    const latenciesMs = await Promise.all(
      tasks.map(async (one, index) => {
        const wait = startedMs + (1000 * index) / rate - performance.now();
        if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
        const sentMs = performance.now();
        await this.publish(one);
        return (await this.certificateOf(one.task.taskId)) - sentMs;
      }),
    );
    return { latenciesMs, taskIds: tasks.map(({ task }) => task.taskId) };
  }

  /** Creates the first `count` tasks and stores their content. */
  async prepared(next: (number: number) => TaskWithContents, count: number): Promise<TaskWithContents[]> {
    const tasks = Array.from({ length: count }, (_, number) => next(number));
    await this.store(tasks);
    return tasks;
  }

  /**
   * Closed loop: `window` tasks are in progress at any time. Counts certificates between `warmUpMs` and
   * `warmUpMs + ms`. The content of the first `ready` tasks is already stored; the content of further tasks is stored
   * during the run.
   */
  async sustained(
    ready: readonly TaskWithContents[],
    next: (number: number) => TaskWithContents,
    options: { readonly window: number; readonly warmUpMs: number; readonly ms: number },
  ): Promise<Sustained> {
    const fromMs = performance.now() + options.warmUpMs;
    const untilMs = fromMs + options.ms;
    let number = 0;
    let tasks = 0;
    let batchesBefore: number | undefined;
    let batches = 0;
    const one = async () => {
      while (performance.now() < untilMs) {
        const task = ready[number] ?? next(number);
        if (ready[number++] === undefined) await this.store([task]);
        await this.publish(task);
        const atMs = await this.certificateOf(task.task.taskId);
        if (atMs >= fromMs) batchesBefore ??= this.witness.batchesCertified;
        if (atMs < fromMs || atMs >= untilMs) continue;
        tasks++;
        batches = this.witness.batchesCertified - (batchesBefore ?? 0);
      }
    };
    await Promise.all(Array.from({ length: options.window }, one));
    return { tasks, seconds: options.ms / 1000, batches };
  }

  private async store(tasks: readonly TaskWithContents[]): Promise<void> {
    const put = ({ task, contents }: TaskWithContents) => this.on.contentStore.put(contentPlaceOf(task), contents);
    for (let from = 0; from < tasks.length; from += putsAtOnce)
      await Promise.all(tasks.slice(from, from + putsAtOnce).map(put));
  }

  private async publish({ task }: TaskWithContents): Promise<void> {
    const published = await this.on.bus.publish(subjects.task(task.taskId), encodeTaskMessage(task), {
      messageId: `task-${task.taskId}`,
      expectLastSubjectSequence: 0,
    });
    this.published++;
    if (published.status !== 'stored') throw new Error(`Task ${task.taskId} was there before.`);
  }

  private tell(taskId: Hex, atMs: number): void {
    const resolve = this.waiting.get(taskId);
    if (resolve === undefined) this.early.set(taskId, atMs);
    else resolve(atMs);
    this.waiting.delete(taskId);
  }

  private async certificateOf(taskId: Hex): Promise<number> {
    const early = this.early.get(taskId);
    if (early !== undefined) {
      this.early.delete(taskId);
      return early;
    }
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const tell = () =>
        this.on.bus
          .lastSequence('OBSERVATIONS')
          .then((observations) =>
            reject(
              new Error(
                `Task ${taskId} has no certificate after ${stuckMs} ms: ${this.published} tasks published, ${this.waiting.size} waiting, ${observations} observations, ${this.witness.describe(taskId)}.`,
              ),
            ),
          );
      timer = setTimeout(() => void tell().catch(reject), stuckMs);
    });
    const certified = new Promise<number>((resolve) => this.waiting.set(taskId, resolve));
    const failed = this.followed.then(() => Promise.reject(new Error('The witness has stopped.')));
    try {
      return await Promise.race([certified, late, failed]);
    } finally {
      clearTimeout(timer);
    }
  }
}
