/** The in-memory chain: checks certificates like the contracts, one transaction a block. */
import { isInBatch, reportLeaf } from '@assay/protocol/batch/batch';
import { checkAnyCertificate } from '@assay/protocol/batch/certify';
import { type Hex, keccak256, utf8 } from '@assay/protocol/encoding/bytes';
import { type EpochStart, previousEndsMs } from '@assay/protocol/network/epochs';
import { configDigest, loadNetwork, type Network } from '@assay/protocol/network/validator-set';
import type { Chain, Clock, EndedBatch, PostedBatch, PostOutcome } from '@assay/protocol/ports';
import type { CosignatureFields } from '@assay/protocol/signature/typed-data';

const gasPerPost = 100_000;

/** When the hub stops accepting certificates of an epoch: the chain's clock, and the registry's grace period. */
export interface LedgerTime {
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly graceMs: number;
}

/** Without a clock, the previous epoch's certificates are accepted until the next epoch. */
const timeless: LedgerTime = { clock: { nowMs: () => 0 }, graceMs: 1 };

/** What all users of one chain share. */
export class MemoryLedger {
  readonly #epochs = new Map<number, { readonly network: Network; readonly start: EpochStart }>();
  readonly #time: LedgerTime;
  readonly #batches = new Map<string, Omit<PostedBatch, 'confirmations'> & { readonly atMs: number }>();
  readonly #agreementKeys = new Map<Hex, Hex>();
  #current: Network;
  #height = 1;

  constructor(network: Network, time: LedgerTime = timeless) {
    this.#time = time;
    this.#current = network;
    this.#epochs.set(network.epoch, { network, start: { epoch: network.epoch, startedAtMs: 0, graceMs: 0 } });
  }

  /** Starts the next epoch. The previous one's certificates are accepted until its grace period is over. */
  startEpoch(network: Network): void {
    if (network.epoch !== this.#current.epoch + 1)
      throw new RangeError(`Epoch ${network.epoch} does not follow epoch ${this.#current.epoch}.`);
    const { clock, graceMs } = this.#time;
    // As in a block: whole seconds.
    const startedAtMs = Math.floor(clock.nowMs() / 1_000) * 1_000;
    this.#epochs.set(network.epoch, { network, start: { epoch: network.epoch, startedAtMs, graceMs } });
    this.#current = network;
  }

  /** Adds empty blocks. */
  mine(blocks: number): void {
    this.#height += blocks;
  }

  setAgreementKey(address: Hex, key: Hex): void {
    this.#agreementKeys.set(address, key);
  }

  /** The chain for one transmitter's account; without an account it cannot post. */
  chain(transmitter?: Hex): Chain {
    return {
      network: async (epoch) => this.#started(epoch).network,
      epochStart: async (epoch) => {
        const { start, network } = this.#started(epoch);
        return { ...start, configDigest: configDigest(network) };
      },
      postedBatch: async (epoch, sequence, confirmations) => {
        const batch = this.#batches.get(`${epoch}-${sequence}`);
        const confirmed = batch === undefined ? 0 : this.#height - batch.blockNumber + 1;
        if (batch === undefined || confirmed < confirmations) return undefined;
        const { atMs: _, ...posted } = batch;
        return { ...posted, confirmations: confirmed };
      },
      highestSequence: async (epoch) => this.#highestSequence(epoch),
      endedBatches: async (epoch, { sinceMs, endedMs }) =>
        this.#time.clock.nowMs() < endedMs ? undefined : this.#batchesSince(epoch, sinceMs),
      height: async () => this.#height,
      // It has no reorganisations.
      blockHash: async (height) => (height <= this.#height ? keccak256(utf8(`block ${height}`)) : undefined),
      finalHeight: async () => this.#height,
      post: async (batch, certificate) => {
        if (transmitter === undefined) throw new Error('This process has no transmitter key: it cannot post.');
        return this.#post(batch, certificate, transmitter);
      },
      verifyReport: async (epoch, sequence, report, proof) => {
        const batch = this.#batches.get(`${epoch}-${sequence}`);
        return batch !== undefined && isInBatch(batch.root, reportLeaf(report), proof);
      },
      transmitterBalance: async () => (transmitter === undefined ? undefined : 10n ** 18n),
      agreementKeyOf: async (address) => this.#agreementKeys.get(address),
    };
  }

  #started(epoch: number = this.#current.epoch): { readonly network: Network; readonly start: EpochStart } {
    const started = this.#epochs.get(epoch);
    const [first] = this.#epochs.values();
    // A ledger that begins with a later epoch had the same members in those before.
    if (first !== undefined && epoch > 0 && epoch < first.network.epoch)
      return { network: loadNetwork({ ...first.network, epoch }), start: { ...first.start, epoch } };
    if (started === undefined) throw new RangeError(`Epoch ${epoch} has not started.`);
    return started;
  }

  /** The network of an epoch whose certificates the hub accepts now. */
  #checkable(epoch: number): Network | undefined {
    if (epoch === this.#current.epoch) return this.#current;
    const endsMs = previousEndsMs(this.#started().start);
    return epoch === this.#current.epoch - 1 && this.#time.clock.nowMs() < endsMs
      ? this.#epochs.get(epoch)?.network
      : undefined;
  }

  #highestSequence(epoch: number): number {
    const sequences = [...this.#batches.keys()]
      .filter((key) => key.startsWith(`${epoch}-`))
      .map((key) => Number(key.split('-')[1]));
    return Math.max(0, ...sequences);
  }

  #batchesSince(epoch: number, sinceMs: number): EndedBatch[] {
    const posted = [...this.#batches].filter(([key, { atMs }]) => key.startsWith(`${epoch}-`) && atMs >= sinceMs);
    return posted.map(([key, { root, count }]) => ({ sequence: Number(key.split('-')[1]), root, count })).reverse();
  }

  #post(batch: CosignatureFields, certificate: Hex, transmitter: Hex): PostOutcome {
    const { epoch, sequence, root, count } = batch;
    if (count === 0 || /^0x0*$/.test(root)) return refused('EmptyBatch', 'EmptyBatch()');
    const key = `${epoch}-${sequence}`;
    if (this.#batches.has(key)) return { status: 'known' };
    const network = this.#checkable(epoch);
    if (network === undefined) return refused('EpochNotCheckable', `EpochNotCheckable(${epoch})`);
    const refusal = certificateRefusal(network, batch, certificate);
    if (refusal !== undefined) return refusal;
    this.#height++;
    const transactionHash = keccak256(utf8(`transaction ${key} ${root} ${transmitter} ${this.#height}`));
    this.#batches.set(key, {
      root,
      count,
      transactionHash,
      blockNumber: this.#height,
      gasUsed: gasPerPost,
      transmitter,
      atMs: this.#time.clock.nowMs(),
    });
    return { status: 'posted', transactionHash, blockNumber: this.#height, gasUsed: gasPerPost, transmitter };
  }
}

/** The errors of the verifiers (`IQuorumErrors`), by the protocol's words for them. */
const verifierErrors: Readonly<Record<string, string>> = {
  'malformed-certificate': 'MalformedCertificate',
  'unknown-signer': 'UnknownSigner',
  forged: 'InvalidSignature',
  'invalid-aggregate': 'InvalidAggregate',
  'non-signers-not-ascending': 'NonSignersNotAscending',
  'unknown-non-signer': 'UnknownNonSigner',
  'quorum-not-reached': 'QuorumNotReached',
};

/** Why the hub's verifier would refuse; undefined if the certificate is valid. */
function certificateRefusal(network: Network, batch: CosignatureFields, certificate: Hex): PostOutcome | undefined {
  const checked = checkAnyCertificate(network, { ...batch, configDigest: configDigest(network) }, certificate);
  if (checked.ok) return undefined;
  const { code, detail } = checked.refusal;
  return refused(verifierErrors[code] ?? code, detail);
}

function refused(code: string, detail: string): PostOutcome {
  return { status: 'refused', code, detail };
}
