/** Puts what is behind an observation on the stream, signed, for people. No verdict needs it, so it never fails one. */
import { subjects } from '@assay/protocol/bus/subjects';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { canonicalDigest } from '@assay/protocol/encoding/canonical';
import { decodeMessage, encodeMessage } from '@assay/protocol/encoding/decode';
import { errorText } from '@assay/protocol/error-text';
import {
  evidenceItemsSchema,
  evidenceSigned,
  type Measured,
  unsignedEvidence,
} from '@assay/protocol/observation/evidence';
import type { Observation } from '@assay/protocol/observation/observation';
import type { Role } from '@assay/protocol/observation/role';
import { methodDigest, voteOf } from '@assay/protocol/policy/policy';
import type { Bus, Cache, Clock, Keyring, Telemetry } from '@assay/protocol/ports';
import type { SigningDomain } from '@assay/protocol/signature/typed-data';
import type { KnownTask } from '@assay/protocol/task/known-task';
import { tuning } from '@assay/protocol/tuning';

/** What a keeper uses; the cache is the operator's own. */
interface Ports {
  readonly bus: Pick<Bus, 'publish'>;
  readonly cache: Pick<Cache, 'get' | 'set' | 'delete'>;
  readonly keyring: Keyring;
  readonly clock: Pick<Clock, 'nowMs' | 'sleep'>;
  readonly telemetry: Pick<Telemetry, 'carrier' | 'log'>;
}

/**
 * Keeps an operator's evidence, beside the work: no observation waits for it. After a failure it tries no more for a while,
 * and what comes meanwhile is not kept; nor is what comes while too much is under way.
 */
export class EvidenceKeeper {
  readonly #ports: Ports;
  readonly #underWay = new Set<Promise<void>>();
  #pausedUntilMs = 0;

  constructor(ports: Ports) {
    this.#ports = ports;
  }

  /**
   * Notes what was measured in the operator's cache: a replica that pledged, or that found the measurements there, has
   * the evidence later. Nothing of a sealed task.
   */
  async note(known: KnownTask, role: Role, measured: readonly Measured[]): Promise<void> {
    if (known.policy.payload !== 'public' || measured.every(({ evidence }) => evidence === undefined)) return;
    const items = measured.map(({ evidence = [] }) => evidence);
    await this.#ports.cache.set(noteKey(known, role), encodeMessage(items), tuning.derivedTtlSeconds);
  }

  /**
   * Begins to publish the evidence of an observation of a public task; nothing where all is accepted. The note has served
   * then, and is deleted: it quotes the answers. Never throws.
   */
  keep(
    { network }: { readonly network: SigningDomain },
    known: KnownTask,
    observation: Observation,
    measured: readonly Measured[],
  ): void {
    // Evidence quotes the answers: those of a sealed task are not for the bus.
    if (known.policy.payload !== 'public') return;
    const forget = () => this.#ports.cache.delete(noteKey(known, observation.role));
    if (!this.#mayKeep(known, observation, measured)) return void forget();
    const kept = this.#publish(network, known, observation, measured)
      .catch((error: unknown) => this.#pause(observation, errorText(error)))
      .then(forget);
    this.#underWay.add(kept);
    void kept.then(() => this.#underWay.delete(kept));
  }

  #mayKeep({ policy }: KnownTask, observation: Observation, measured: readonly Measured[]): boolean {
    if (this.#ports.clock.nowMs() < this.#pausedUntilMs) return false;
    if (measured.every((one) => voteOf(observation.role, policy, one) === 'accept')) return false;
    if (this.#underWay.size < tuning.evidenceUnderWayMax) return true;
    this.#pause(observation, 'too much is under way');
    return false;
  }

  /** Resolves when what was begun is on the stream or has failed, and after a while in any case. */
  async close(): Promise<void> {
    const late = new AbortController();
    const settled = Promise.all(this.#underWay).then(() => late.abort());
    await Promise.race([settled, this.#ports.clock.sleep(tuning.evidenceCloseMs, late.signal)]);
  }

  async #publish(
    network: SigningDomain,
    known: KnownTask,
    observation: Observation,
    measured: readonly Measured[],
  ): Promise<void> {
    const { bus, keyring, telemetry } = this.#ports;
    const { role, operator, taskId } = observation;
    // The span of the task ends before this does.
    const headers = telemetry.carrier();
    const unsigned = unsignedEvidence(observation, await this.#whole(known, role, measured));
    if (unsigned === undefined) return;
    const { digest, preimage } = evidenceSigned(network, unsigned);
    const signature = await keyring.sign(digest, preimage);
    await bus.publish(subjects.evidence(taskId, role, operator), encodeMessage({ ...unsigned, signature }), {
      messageId: `evidence-${signature}`,
      headers,
      // A mark stands there once the task's content was deleted.
      expectLastSubjectSequence: 0,
    });
  }

  /** One line for each pause: what is under way fails as well. */
  #pause({ taskId }: Observation, reason: string): void {
    const { clock, telemetry } = this.#ports;
    if (clock.nowMs() >= this.#pausedUntilMs) telemetry.log.warn('evidence is not kept', { taskId, reason });
    this.#pausedUntilMs = clock.nowMs() + tuning.evidencePauseMs;
  }

  /** The measurements with their evidence, from the cache where they came without it. */
  async #whole(known: KnownTask, role: Role, measured: readonly Measured[]): Promise<readonly Measured[]> {
    if (measured.some(({ evidence }) => evidence !== undefined)) return measured;
    const noted = await this.#ports.cache.get(noteKey(known, role));
    const items = noted === undefined ? undefined : decodeMessage(evidenceItemsSchema, noted);
    if (items === undefined || !items.ok || items.value.length !== measured.length) return measured;
    return measured.map((one, index) => ({ ...one, evidence: items.value[index] ?? [] }));
  }
}

function noteKey({ task, policy }: KnownTask, role: Role): `evidence:${Hex}` {
  return `evidence:${canonicalDigest('evidence', [task.taskId, role, methodDigest(role, policy)])}`;
}
