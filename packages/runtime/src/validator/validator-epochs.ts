/** Which epoch a validator handles a message in: a task in the one that it belongs to, all else in the one that it names. */

import { leftOverSchema } from '@assay/protocol/batch/left-over';
import { overdueSchema } from '@assay/protocol/batch/overdue';
import { subjects } from '@assay/protocol/bus/subjects';
import { decodeMessage } from '@assay/protocol/encoding/decode';
import { pledgeSchema } from '@assay/protocol/observation/commit-reveal';
import type { BusMessage } from '@assay/protocol/ports';
import { accepted, type Checked, refused } from '@assay/protocol/refusal';
import { tuning } from '@assay/protocol/tuning';
import { NotYet } from '../loop/not-yet.ts';
import { ignore, type Outcome, reject } from '../loop/outcome.ts';
import type { Epochs, EpochView, KnownEpoch } from '../service/epochs.ts';
import type { ValidatorContext } from './validator-context.ts';

/** Handles a message in its epoch. */
type InEpoch = (context: ValidatorContext) => Promise<Outcome>;

/** A validator in each epoch that it knows. Its operator may be a member of one and not of another. */
export class ValidatorEpochs {
  readonly #epochs: Epochs;
  readonly #contextOf: (view: EpochView) => Promise<ValidatorContext>;
  readonly #operator: string;
  readonly #made = new WeakMap<EpochView, Promise<ValidatorContext>>();

  /** `contextOf` makes the context of an epoch, once. Where it rejects it is asked again. */
  constructor(epochs: Epochs, operator: string, contextOf: (view: EpochView) => Promise<ValidatorContext>) {
    this.#epochs = epochs;
    this.#operator = operator;
    this.#contextOf = contextOf;
  }

  /** Resolves once a policy of an epoch wants pledges, or when the signal aborts. */
  async untilPledging(signal: AbortSignal): Promise<void> {
    const isPledging = () =>
      this.#epochs
        .views()
        .some(({ policies }) => [...policies.values()].some((policy) => policy.commitReveal !== undefined));
    if (isPledging() || signal.aborted) return;
    let forget = () => {};
    await new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true });
      forget = this.#epochs.onChange(() => {
        if (isPledging()) resolve();
      });
    });
    forget();
  }

  /** Handles a message of TASKS in the epoch that takes it. */
  async ofTask({ timestampMs }: BusMessage, handle: InEpoch): Promise<Outcome> {
    return this.#in(this.#epochs.at(timestampMs), handle);
  }

  /** Handles a message of PROPOSALS in the epoch that it names. */
  async ofProposal(message: BusMessage, handle: InEpoch): Promise<Outcome> {
    // Every role has its own consumer of these.
    if (message.subject === subjects.leftOver) return ignore('for-every-role');
    const epoch = epochOfProposal(message);
    return epoch.ok ? this.#ofEpoch(epoch.value, handle) : reject(epoch.refusal);
  }

  /** Handles a question for left-over tasks in the epoch that is to observe them. */
  async ofLeftOver(message: BusMessage, handle: InEpoch): Promise<Outcome> {
    const asked = decodeMessage(leftOverSchema, message.data);
    return asked.ok ? this.#ofEpoch(asked.value.epoch, handle) : reject(asked.refusal);
  }

  /** Handles a message of PLEDGES in the epoch that it names. */
  async ofPledge(message: BusMessage, handle: InEpoch): Promise<Outcome> {
    const pledge = decodeMessage(pledgeSchema, message.data);
    return pledge.ok ? this.#ofEpoch(pledge.value.epoch, handle) : reject(pledge.refusal);
  }

  async #ofEpoch(epoch: number, handle: InEpoch): Promise<Outcome> {
    // Whoever asked the chain later may know an epoch that this validator has yet to hear of.
    if (this.#epochs.of(epoch) === 'unknown' && this.#epochs.of(epoch - 1) !== 'unknown') await this.#epochs.refresh();
    const known = this.#epochs.of(epoch);
    if (known !== 'unknown') return this.#in(known, handle);
    const own = this.#epochs.current().network.epoch;
    return reject({
      code: 'wrong-epoch',
      detail: `The message is of epoch ${epoch}; this is epoch ${own}.`,
      field: 'epoch',
    });
  }

  async #in(known: Exclude<KnownEpoch, 'unknown'>, handle: InEpoch): Promise<Outcome> {
    if (known === 'over') return ignore('epoch-over');
    if (known === 'not-ready') throw new NotYet('epoch-not-ready', tuning.epochNotReadyMs, { givesUp: false });
    if (!known.network.members.some(({ operator }) => operator === this.#operator)) return ignore('not-a-member');
    return handle(await this.#context(known));
  }

  #context(view: EpochView): Promise<ValidatorContext> {
    const made = this.#made.get(view);
    if (made !== undefined) return made;
    const context = this.#contextOf(view);
    this.#made.set(view, context);
    context.catch(() => this.#made.delete(view));
    return context;
  }
}

/** The epoch in a proposal's subject, which the proposal must name too, or in a question for overdue tasks. */
function epochOfProposal({ subject, data }: BusMessage): Checked<number> {
  if (subject === subjects.overdue) {
    const asked = decodeMessage(overdueSchema, data);
    return asked.ok ? accepted(asked.value.epoch) : asked;
  }
  const epoch = /\.(\d{1,15})-\d+$/.exec(subject)?.[1];
  if (epoch !== undefined) return accepted(Number(epoch));
  return refused('wrong-subject', `The subject ${subject} does not name a batch.`, 'subject');
}
