/** Watches the observations of a network for good, and reports every equivocation to the slashing contract, within a bound. */

import type { Slashing } from '@assay/adapters/evm/slashing';
import { errorText } from '@assay/protocol/error-text';
import type { Clock } from '@assay/protocol/ports';
import { tuning } from '@assay/protocol/tuning';
import { EquivocationWatch, type FoundEquivocation, type WatchPorts } from './equivocation-watch.ts';
import { type CaseReport, reportEquivocation } from './slash.ts';

/** What a watchtower tells. `spent` is what its reports have cost, or may have cost, since its start, in wei. */
export type WatchtowerEvent =
  | { readonly kind: 'found'; readonly found: FoundEquivocation }
  | { readonly kind: 'report'; readonly found: FoundEquivocation; readonly report: CaseReport; readonly spent: bigint }
  /** It is not sent: its gas may cost more than is left of the bound. */
  | { readonly kind: 'over-bound'; readonly found: FoundEquivocation; readonly costMax: bigint; readonly spent: bigint }
  /** An epoch's policies are not at hand: its observations cannot be compared. */
  | { readonly kind: 'other-policies'; readonly epoch: number }
  | { readonly kind: 'failed'; readonly error: string };

export interface Watchtower extends Omit<WatchPorts, 'onOtherPolicies' | 'clock'> {
  readonly clock: Clock;
  /** The contract with the account that pays; undefined: nothing is sent. */
  readonly slashing: Slashing | undefined;
  /** The most that all reports may cost together, in wei. */
  readonly spendMax: bigint;
  /** Sequence of OBSERVATIONS to begin at; its first message if absent. */
  readonly fromSequence?: number;
  readonly tell: (event: WatchtowerEvent) => void;
}

/**
 * Watches until the signal aborts. A bus or chain that does not answer is asked again. Throws if the policies of the
 * running epoch are not at hand.
 */
export async function runWatchtower(tower: Watchtower, signal: AbortSignal): Promise<void> {
  const { bus, clock, tell } = tower;
  const onOtherPolicies = (epoch: number) => tell({ kind: 'other-policies', epoch });
  const watch = new EquivocationWatch({ ...tower, onOtherPolicies });
  await watch.requireFit();
  const reporter = new Reporter(tower);
  let next = tower.fromSequence ?? 1;
  while (!signal.aborted) {
    try {
      for await (const message of bus.follow('OBSERVATIONS', { fromSequence: next }, signal)) {
        const found = await watch.take(message);
        if (found !== undefined) {
          await reporter.report(found);
          watch.settle(found);
        }
        next = message.sequence + 1;
      }
    } catch (error) {
      if (!signal.aborted) tell({ kind: 'failed', error: errorText(error) });
    }
    if (!signal.aborted) await clock.sleep(tuning.retryDelayMs, signal);
  }
}

/** Sends reports while their cost stays within the bound. */
class Reporter {
  readonly #tower: Watchtower;
  #spent = 0n;
  #told: FoundEquivocation['equivocation']['evidence'] | undefined;

  constructor(tower: Watchtower) {
    this.#tower = tower;
  }

  /** Rejects if the chain does not answer. What may have been sent counts as spent. */
  async report(found: FoundEquivocation): Promise<void> {
    const { slashing, spendMax, tell } = this.#tower;
    const { suspect, equivocation } = found;
    if (this.#told !== equivocation.evidence) tell({ kind: 'found', found });
    this.#told = equivocation.evidence;
    if (slashing === undefined) return;
    const cost = await slashing.reportCostMax(equivocation.evidence);
    // A report that the contract refuses is not sent, and costs nothing.
    const costMax = typeof cost === 'bigint' ? cost : 0n;
    if (this.#spent + costMax > spendMax) return tell({ kind: 'over-bound', found, costMax, spent: this.#spent });
    this.#spent += costMax;
    const report = await reportEquivocation(slashing, suspect, equivocation);
    if (report.status === 'reported') this.#spent -= costMax - BigInt(report.paid);
    tell({ kind: 'report', found, report, spent: this.#spent });
  }
}
