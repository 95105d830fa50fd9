/** A validator's check in each epoch. Side by side with another release, each measures what it has the checks for. */
import type { Hex } from '@assay/protocol/encoding/bytes';
import type { Policy } from '@assay/protocol/policy/policy';
import { tuning } from '@assay/protocol/tuning';
import { NotYet } from '@assay/runtime/loop/not-yet';
import type { EpochView } from '@assay/runtime/service/epochs';
import { SettingsError } from '@assay/runtime/service/settings';
import type { RoleCheck } from '@assay/runtime/validator/validator-context';

/** A check, and the thread that computes it where it has one. */
export interface ConnectedCheck {
  readonly check: RoleCheck;
  readonly thread?: { isReady(): boolean; close(): Promise<void> };
}

/** The checks of the epochs: one for each set of policies. */
export class EpochChecks {
  readonly #checksDigest: Hex;
  readonly #connect: (view: EpochView) => ConnectedCheck | Promise<ConnectedCheck>;
  readonly #byPolicies = new Map<Hex, Promise<ConnectedCheck>>();
  readonly #connected: ConnectedCheck[] = [];

  /** `checksDigest` names the checks that this process has; `connect` makes them for an epoch's policies. */
  constructor(checksDigest: Hex, connect: (view: EpochView) => ConnectedCheck | Promise<ConnectedCheck>) {
    this.#checksDigest = checksDigest;
    this.#connect = connect;
  }

  /** The check by an epoch's policies. Rejects when it cannot be made; then it is made anew the next time. */
  of(view: EpochView): Promise<ConnectedCheck> {
    const { policiesDigest } = view.network;
    const present = this.#byPolicies.get(policiesDigest);
    if (present !== undefined) return present;
    const made = this.#make(view);
    this.#byPolicies.set(policiesDigest, made);
    made.catch(() => this.#byPolicies.delete(policiesDigest));
    return made;
  }

  /**
   * Checks by an epoch's policies. Rejects with {@link NotYet} where these are for another model or for other checks: the
   * task is for a replica of the release that has them. Proposals of the epoch need no check.
   */
  checkOf(view: EpochView): RoleCheck {
    return async (input) => {
      const connected = await this.of(view).catch((error: unknown) => {
        throw error instanceof SettingsError
          ? new NotYet('method-not-here', tuning.methodNotHereMs, { givesUp: false })
          : error;
      });
      return connected.check(input);
    };
  }

  /** Resolves if the check of one epoch can be made. Rejects with the latest one's error if none can. */
  async ofAny(views: readonly EpochView[]): Promise<void> {
    const made = await Promise.allSettled(views.map((view) => this.of(view)));
    const last = made.at(-1);
    if (last?.status === 'rejected' && made.every(({ status }) => status === 'rejected')) throw last.reason;
  }

  isReady(): boolean {
    return this.#connected.every(({ thread }) => thread?.isReady() !== false);
  }

  async close(): Promise<void> {
    await Promise.all(this.#connected.map(async ({ thread }) => thread?.close()));
  }

  async #make(view: EpochView): Promise<ConnectedCheck> {
    requireChecks(this.#checksDigest, view.policies.values());
    const connected = await this.#connect(view);
    this.#connected.push(connected);
    return connected;
  }
}

/** Throws {@link SettingsError} with a policy that is made for other checks than those of this build. */
function requireChecks(checksDigest: Hex, policies: Iterable<Policy>): void {
  const other = [...policies].find((policy) => policy.checksDigest !== checksDigest);
  if (other === undefined) return;
  throw new SettingsError(
    `POLICIES_FILE: policy "${other.name}" is for the checks ${other.checksDigest}, but this release has ${checksDigest}; run the release with those checks until an epoch with a policy for these has started`,
  );
}
