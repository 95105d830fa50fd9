/** The networks of the epochs that observations name. */
import type { Hex } from '@assay/protocol/encoding/bytes';
import type { Network } from '@assay/protocol/network/validator-set';
import { policiesDigest } from '@assay/protocol/policy/policies-digest';
import type { Policy } from '@assay/protocol/policy/policy';
import type { Chain } from '@assay/protocol/ports';
import { accepted, type Checked, refused } from '@assay/protocol/refusal';
import { UsageError } from '../commands/usage-error.ts';

/** The networks of the epochs that observations name, each read once. */
export class Networks {
  readonly #chain: Pick<Chain, 'network'>;
  readonly #digest: Hex;
  readonly #asked = new Map<number, Network>();
  #current: Network | undefined;

  constructor(chain: Pick<Chain, 'network'>, policies: readonly Policy[]) {
    this.#chain = chain;
    this.#digest = policiesDigest(policies);
  }

  /** The network of the latest epoch; `anew` asks the chain again. */
  async current(anew = false): Promise<Network> {
    if (anew) this.#current = undefined;
    this.#current ??= await this.#chain.network();
    this.#asked.set(this.#current.epoch, this.#current);
    return this.#current;
  }

  /** The network of an epoch; refused if there was none, or if it had other policies. */
  async of(epoch: number): Promise<Checked<Network>> {
    const current = await this.current();
    if (epoch > current.epoch) return refused('unknown-epoch', `Epoch ${epoch} has not started.`, 'epoch');
    const network = this.#asked.get(epoch) ?? (await this.#chain.network(epoch));
    this.#asked.set(epoch, network);
    if (network.policiesDigest !== this.#digest)
      return refused('other-policies', `Epoch ${epoch} has other policies.`, 'epoch');
    return accepted(network);
  }

  /** Throws if no epoch in question has these policies, because then no search could find anything. */
  requireFit(): void {
    const asked = [...this.#asked.values()];
    if (asked.some((network) => network.policiesDigest === this.#digest)) return;
    const epochs = asked.map(({ epoch }) => epoch).sort((a, b) => a - b);
    throw new UsageError(
      `The policies have digest ${this.#digest}, which is that of no epoch in question (${epochs.join(', ')}). Give --policies the file of the epoch in which the observations were made.`,
    );
  }
}
