/** Looks at every observation of a network as it comes, and finds two of one operator that cannot both be honest. */

import { subjects } from '@assay/protocol/bus/subjects';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { decodeMessage } from '@assay/protocol/encoding/decode';
import { observationSchema } from '@assay/protocol/observation/observation';
import type { Policy } from '@assay/protocol/policy/policy';
import type { Bus, BusMessage, Chain, Clock } from '@assay/protocol/ports';
import { TaskSource } from '@assay/runtime/validator/task-source';
import { checkRead, type Equivocation, firstEquivocation, type Signed } from './find-equivocation.ts';
import { type EpochRules, Networks } from './networks.ts';
import type { ReadObservation, Suspect } from './read-observations.ts';

/** Operators' roles on tasks that are remembered: an equal share for each operator, the latest. */
const remembered = 200_000;
/** Different observations that are kept of each; further ones are compared with these. */
const keptMax = 64;
/** An epoch, or its policies, that are not known yet are asked for this often at most. */
const epochPauseMs = 5_000;

/** An equivocation, and whose it is. */
export interface FoundEquivocation {
  readonly suspect: Suspect;
  readonly equivocation: Equivocation;
}

/** What is remembered of an operator's role on a task in an epoch. */
interface Remembered {
  /** The first message, not checked: most have no second one. */
  readonly first: ReadObservation;
  /** Those that the operator signed, once there are several. */
  readonly signed?: readonly Signed[];
  readonly isSettled?: boolean;
}

/** What the watch asks, and tells. */
export interface WatchPorts {
  readonly bus: Bus;
  readonly chain: Pick<Chain, 'network'>;
  /** Reads all policies of the network, once for each version at hand; asked again when an epoch has others. */
  readonly policies: () => Promise<readonly (readonly Policy[])[]>;
  readonly clock: Pick<Clock, 'nowMs'>;
  /** Called once for each epoch whose observations cannot be compared, because its policies are not at hand. */
  readonly onOtherPolicies?: (epoch: number) => void;
}

/** Takes the messages of OBSERVATIONS one after the other. */
export class EquivocationWatch {
  readonly #ports: WatchPorts;
  readonly #networks: Networks;
  /** By operator, so that none can make the watch forget another. */
  readonly #seen = new Map<Hex, Map<string, Remembered>>();
  /** By policies' digest. */
  readonly #tasks = new Map<Hex, TaskSource>();
  #epochAskedMs = Number.NEGATIVE_INFINITY;
  #policiesAskedMs = Number.NEGATIVE_INFINITY;
  #otherPolicies = -1;

  constructor(ports: WatchPorts) {
    this.#ports = ports;
    this.#networks = new Networks(ports.chain, []);
  }

  /** Throws a usage error if the policies of the running epoch are not at hand. */
  async requireFit(): Promise<void> {
    const [versions] = await Promise.all([this.#ports.policies(), this.#networks.current()]);
    this.#networks.useVersions(versions);
    this.#networks.requireFit();
  }

  /**
   * The equivocation that this message completes; the same one again until it is settled. What the operator has not
   * signed neither counts nor hides anything. Rejects if bus or chain do not answer; the message may be taken again.
   */
  async take({ subject, sequence, data }: BusMessage): Promise<FoundEquivocation | undefined> {
    const decoded = decodeMessage(observationSchema, data);
    if (!decoded.ok) return undefined;
    const { taskId, role, operator, epoch } = decoded.value;
    const rules = await this.#rulesOf(epoch);
    const isMember = rules?.network.members.some((member) => member.operator === operator);
    if (rules === undefined || isMember !== true) return undefined;
    if (subject !== subjects.observation(taskId, role, operator)) return undefined;
    const suspect: Suspect = { taskId, operator, roles: [role] };
    const read = { role, sequence, decoded };
    const before = this.#recall(suspect, epoch);
    if (before === undefined) this.#remember(rules, suspect, { first: read });
    if (before === undefined || before.isSettled === true || isSame(before.first, read)) return undefined;
    const equivocation = await this.#compare(rules, suspect, before, read);
    return equivocation === undefined ? undefined : { suspect, equivocation };
  }

  /** Notes that an equivocation is dealt with. */
  settle({ suspect, equivocation: { epoch } }: FoundEquivocation): void {
    const before = this.#recall(suspect, epoch);
    if (before !== undefined)
      this.#seen.get(suspect.operator)?.set(keyOf(suspect, epoch), { ...before, isSettled: true });
  }

  async #compare(
    rules: EpochRules,
    suspect: Suspect,
    { first, signed: earlier }: Remembered,
    read: ReadObservation,
  ): Promise<Equivocation | undefined> {
    const known = await this.#tasksOf(rules).find(suspect.taskId);
    if (known === undefined) return undefined;
    const checked = async (one: ReadObservation): Promise<Signed[]> => {
      const result = await checkRead(this.#networks, known, suspect.operator, one);
      return result.ok ? [{ sequence: one.sequence, checked: result.value }] : [];
    };
    const before = earlier ?? (await checked(first));
    const isNew = ({ checked: { observation } }: Signed) =>
      before.every((one) => one.checked.observation.measurements !== observation.measurements);
    const all = [...before, ...(await checked(read)).filter(isNew)];
    this.#remember(rules, suspect, { first, signed: all.slice(0, keptMax) });
    return firstEquivocation(rules.policies, read.role, known.policy, all);
  }

  #recall(suspect: Suspect, epoch: number): Remembered | undefined {
    return this.#seen.get(suspect.operator)?.get(keyOf(suspect, epoch));
  }

  #remember({ network: { epoch, members } }: EpochRules, suspect: Suspect, one: Remembered): void {
    const own = this.#seen.get(suspect.operator) ?? new Map<string, Remembered>();
    this.#seen.set(suspect.operator, own);
    own.set(keyOf(suspect, epoch), one);
    const [oldest] = own.keys();
    if (own.size > remembered / members.length && oldest !== undefined) own.delete(oldest);
  }

  /** The rules of the latest epoch or of the one before; undefined for any other. */
  async #rulesOf(epoch: number): Promise<EpochRules | undefined> {
    const current = await this.#networks.current();
    const nowMs = this.#ports.clock.nowMs();
    const mayBeNew = epoch === current.epoch + 1 && nowMs - this.#epochAskedMs >= epochPauseMs;
    if (mayBeNew) this.#epochAskedMs = nowMs;
    const latest = mayBeNew ? await this.#networks.current(true) : current;
    if (epoch > latest.epoch || epoch < latest.epoch - 1) return undefined;
    const known = await this.#networks.of(epoch);
    if (known.ok) return known.value;
    if (nowMs - this.#policiesAskedMs >= epochPauseMs) {
      this.#policiesAskedMs = nowMs;
      this.#networks.useVersions(await this.#ports.policies());
      const read = await this.#networks.of(epoch);
      if (read.ok) return read.value;
    }
    if (epoch > this.#otherPolicies) this.#ports.onOtherPolicies?.(epoch);
    this.#otherPolicies = Math.max(epoch, this.#otherPolicies);
    return undefined;
  }

  #tasksOf({ network, policies }: EpochRules): TaskSource {
    const named = new Map(policies.map((one) => [one.name, one]));
    const source =
      this.#tasks.get(network.policiesDigest) ?? new TaskSource(this.#ports.bus, { network, policies: named });
    this.#tasks.set(network.policiesDigest, source);
    return source;
  }
}

function keyOf({ taskId, roles }: Suspect, epoch: number): string {
  return `${epoch} ${taskId} ${roles.join()}`;
}

/** Whether two messages are the same to the bit of what is signed, and the signature. */
function isSame({ decoded: a }: ReadObservation, { decoded: b }: ReadObservation): boolean {
  return a.ok && b.ok && a.value.signature === b.value.signature && a.value.measurements === b.value.measurements;
}
