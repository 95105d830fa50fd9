/**
 * The batch in which an operator cosigns each task: the operator's own log on the bus, which all its replicas write and
 * read.
 */
import { backoffMs } from '@assay/protocol/backoff';
import { subjects } from '@assay/protocol/bus/subjects';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { decodeMessage, encodeMessage } from '@assay/protocol/encoding/decode';
import { digestSchema } from '@assay/protocol/encoding/fields';
import { limits } from '@assay/protocol/limits';
import type { Bus, BusMessage, Clock } from '@assay/protocol/ports';
import { accepted, type Checked, refused } from '@assay/protocol/refusal';
import { z } from 'zod';

/** A task of a batch, and its publication time in milliseconds since 1970 by the server's clock. */
export interface ClaimedTask {
  readonly taskId: Hex;
  readonly publishedMs: number;
}

/** An operator's record of the batch that it cosigns each task in. */
export interface CosignClaims {
  /**
   * Claims all tasks for a batch, or none. `batch` is `<epoch>-<sequence>/<root>`. A batch may repeat its own claims.
   * Refused if another batch holds one of the tasks, or if that can no longer be determined. Rejects if the bus does
   * not respond; the claim may then exist.
   */
  claim(batch: string, tasks: readonly ClaimedTask[]): Promise<Checked<undefined>>;
}

/** Maximum number of claimed tasks in memory: about 150 bytes each. */
const rememberedTasksMax = 131_072;
/** Servers use their own clocks for timestamps; a claim counts as possible this long before its task. */
const clockSkewMs = 60_000;
const attemptsMax = 10;
const conflictBackoff = { firstMs: 15, maxMs: 500 };

const claimSchema = z.object({
  batch: z.string().max(128),
  /** Sequence of the operator's previous claim; 0 for its first. */
  after: z.int().min(0),
  taskIds: z.array(digestSchema).min(1).max(limits.batchReportsMax),
});

interface Claim extends z.infer<typeof claimSchema> {
  readonly sequence: number;
  /** By the server's clock; undefined for a claim that this process wrote, until it is read. */
  readonly timestampMs: number | undefined;
}

/**
 * Claims on the bus. A claim is one message with all tasks of a batch. It names the operator's previous claim, and the
 * server stores it only after that one, so a writer has read all earlier claims. Nobody claims a task before it is
 * published, so claims older than the oldest task of a batch are not read.
 */
export class ClaimLog implements CosignClaims {
  readonly #bus: Bus;
  readonly #clock: Clock;
  readonly #operator: Hex;
  readonly #subject: string;
  /** The newest claims, without a gap, oldest first. */
  #claims: Claim[] = [];
  readonly #batchOf = new Map<Hex, string>();

  constructor(bus: Bus, clock: Clock, operator: Hex) {
    this.#bus = bus;
    this.#clock = clock;
    this.#operator = operator;
    this.#subject = subjects.claims(operator);
  }

  async claim(batch: string, tasks: readonly ClaimedTask[]): Promise<Checked<undefined>> {
    if (this.#claims.length === 0) await this.#readNewest();
    for (let attempt = 1; attempt <= attemptsMax; attempt++) {
      const read = await this.#readSince(Math.min(...tasks.map((task) => task.publishedMs)) - clockSkewMs);
      if (!read.ok) return read;
      const elsewhere = tasks.find(({ taskId }) => (this.#batchOf.get(taskId) ?? batch) !== batch);
      if (elsewhere !== undefined) {
        const held = this.#batchOf.get(elsewhere.taskId);
        return refused('cosigned-elsewhere', `Task ${elsewhere.taskId} was cosigned in batch ${held}.`, 'entries');
      }
      if (tasks.every(({ taskId }) => this.#batchOf.has(taskId))) return accepted(undefined);
      if (await this.#write(batch, tasks)) return accepted(undefined);
      if (attempt > 1) await this.#clock.sleep(backoffMs(conflictBackoff, attempt - 1));
      await this.#readNewest();
    }
    throw new Error(`Batch ${batch} could not claim its tasks in ${attemptsMax} tries: other replicas wrote first.`);
  }

  /** False if another claim came first, or the same one exists already: the log must be read. */
  async #write(batch: string, tasks: readonly ClaimedTask[]): Promise<boolean> {
    const after = this.#claims.at(-1)?.sequence ?? 0;
    const taskIds = tasks.map(({ taskId }) => taskId);
    const published = await this.#bus.publish(this.#subject, encodeMessage({ batch, after, taskIds }), {
      messageId: `claim-${this.#operator}-${batch}`,
      expectLastSubjectSequence: after,
    });
    if (published.status !== 'stored') return false;
    this.#remember({ batch, after, taskIds, sequence: published.sequence, timestampMs: undefined });
    return true;
  }

  /** Reads the claims after the newest known one. If the log does not continue from it, starts again from scratch. */
  async #readNewest(): Promise<void> {
    const last = await this.#bus.last('CLAIMS', this.#subject);
    const newest = this.#claims.at(-1)?.sequence;
    const missing: Claim[] = [];
    let claim = last === undefined ? undefined : claimIn(last);
    while (claim !== undefined && claim.sequence !== newest) {
      missing.unshift(claim);
      const goesOn = newest !== undefined && claim.after >= newest && missing.length < limits.batchReportsMax;
      claim = goesOn ? await this.#at(claim.after) : undefined;
    }
    if (claim === undefined) this.#forget();
    for (const one of missing) this.#remember(one);
  }

  /** Reads backwards until all claims after a given time are known. */
  async #readSince(sinceMs: number): Promise<Checked<undefined>> {
    for (;;) {
      const [oldest] = this.#claims;
      if (oldest === undefined || oldest.after === 0) return accepted(undefined);
      const timestampMs = oldest.timestampMs ?? (await this.#at(oldest.sequence))?.timestampMs;
      if (timestampMs !== undefined && timestampMs < sinceMs) return accepted(undefined);
      const before = this.#batchOf.size < rememberedTasksMax ? await this.#at(oldest.after) : undefined;
      if (before === undefined)
        return refused(
          'claims-forgotten',
          `A task is too old: what was claimed before sequence ${oldest.sequence} is not known any more.`,
        );
      this.#claims.unshift(before);
      for (const taskId of before.taskIds) this.#batchOf.set(taskId, before.batch);
    }
  }

  async #at(sequence: number): Promise<Claim | undefined> {
    const message = await this.#bus.next('CLAIMS', this.#subject, sequence - 1);
    return message?.sequence === sequence ? claimIn(message) : undefined;
  }

  /** Appends a claim to the known ones and evicts the oldest beyond the bound. */
  #remember(claim: Claim): void {
    this.#claims.push(claim);
    for (const taskId of claim.taskIds) this.#batchOf.set(taskId, claim.batch);
    while (this.#batchOf.size > rememberedTasksMax && this.#claims.length > 1)
      for (const taskId of this.#claims.shift()?.taskIds ?? []) this.#batchOf.delete(taskId);
  }

  #forget(): void {
    this.#claims = [];
    this.#batchOf.clear();
  }
}

function claimIn(message: BusMessage): Claim {
  const decoded = decodeMessage(claimSchema, message.data);
  if (!decoded.ok)
    throw new Error(
      `The claim at sequence ${message.sequence} of CLAIMS cannot be read (${decoded.refusal.detail}). Something else wrote to ${message.subject}: change this operator's password of NATS, and purge the subject when no batch is without a certificate.`,
    );
  return { ...decoded.value, sequence: message.sequence, timestampMs: message.timestampMs };
}
