/** The networks of the epochs that observations name, with their policies. */
import type { Hex } from '@assay/protocol/encoding/bytes';
import type { Network } from '@assay/protocol/network/validator-set';
import { policiesDigest } from '@assay/protocol/policy/policies-digest';
import type { Policy } from '@assay/protocol/policy/policy';
import type { Chain } from '@assay/protocol/ports';
import { accepted, type Checked, refused } from '@assay/protocol/refusal';
import { UsageError } from '../commands/usage-error.ts';

/** An epoch: who may sign, and by which policies. */
export interface EpochRules {
  readonly network: Network;
  readonly policies: readonly Policy[];
}

/** The networks of the epochs that observations name, each read once. */
export class Networks {
  readonly #chain: Pick<Chain, 'network'>;
  readonly #asked = new Map<number, Network>();
  #versions: ReadonlyMap<Hex, readonly Policy[]>;
  #current: Network | undefined;

  /** `versions`: all policies of a network, once for each version at hand. */
  constructor(chain: Pick<Chain, 'network'>, versions: readonly (readonly Policy[])[]) {
    this.#chain = chain;
    this.#versions = byDigest(versions);
  }

  /** Takes these versions in place of those before. */
  useVersions(versions: readonly (readonly Policy[])[]): void {
    this.#versions = byDigest(versions);
  }

  /** The network of the latest epoch; `anew` asks the chain again. */
  async current(anew = false): Promise<Network> {
    if (anew) this.#current = undefined;
    this.#current ??= await this.#chain.network();
    this.#asked.set(this.#current.epoch, this.#current);
    return this.#current;
  }

  /** The rules of an epoch; refused if there was none, or if its policies are not at hand. */
  async of(epoch: number): Promise<Checked<EpochRules>> {
    const current = await this.current();
    if (epoch > current.epoch) return refused('unknown-epoch', `Epoch ${epoch} has not started.`, 'epoch');
    const network = this.#asked.get(epoch) ?? (await this.#chain.network(epoch));
    this.#asked.set(epoch, network);
    const policies = this.#versions.get(network.policiesDigest);
    if (policies === undefined) return refused('other-policies', `Epoch ${epoch} has other policies.`, 'epoch');
    return accepted({ network, policies });
  }

  /** Throws if no epoch in question has policies that are at hand, because then no search could find anything. */
  requireFit(): void {
    const asked = [...this.#asked.values()];
    if (asked.some((network) => this.#versions.has(network.policiesDigest))) return;
    const epochs = asked.map(({ epoch }) => epoch).sort((a, b) => a - b);
    const digests = [...this.#versions.keys()];
    throw new UsageError(
      `The policies have digest ${digests.join(', ')}, which is that of no epoch in question (${epochs.join(', ')}). Give --policies the file of the epoch in which the observations were made.`,
    );
  }
}

const byDigest = (versions: readonly (readonly Policy[])[]) =>
  new Map(versions.map((policies) => [policiesDigest(policies), policies]));
