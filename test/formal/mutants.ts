/** Hubs with a fault each, for which a property must fail: else the property proves nothing. */
import type { SourceEdit } from './project.ts';

/** A fault, and the property that finds it. */
export interface Mutant {
  /** What is wrong with this hub. */
  readonly fault: string;
  /** The property that must not hold for it. */
  readonly check: string;
  readonly edits: readonly SourceEdit[];
}

const hub = 'AssayHub.sol';
const ecdsa = 'EcdsaQuorumVerifier.sol';
const cosigned = '_hashTypedDataV4(keccak256(abi.encode(COSIGNATURE_TYPEHASH, config, epoch, sequence, root, count)))';
/** The same digest without EIP-712's domain, which holds chain and hub a second time. */
const withoutDomain = 'keccak256(abi.encode(COSIGNATURE_TYPEHASH, config, epoch, sequence, root, count))';

/** At least one for each property. */
export const mutants: readonly Mutant[] = [
  {
    fault: 'exactly two thirds are enough',
    check: 'check_quorum_rootNeedsTwoThirds',
    edits: [{ file: ecdsa, from: 'signedWeight * 3 <= totalWeight * 2', to: 'signedWeight * 3 < totalWeight * 2' }],
  },
  {
    fault: 'a failed signature counts',
    check: 'check_quorum_rootNeedsTwoThirds',
    edits: [{ file: ecdsa, from: 'if failed { break }', to: 'failed := 0' }],
  },
  {
    fault: 'the hub does not ask the verifier',
    check: 'check_quorum_noRootPastTheVerifier',
    edits: [{ file: hub, from: 'verifier.verify(snapshot, digest, certificate);', to: 'digest;' }],
  },
  {
    fault: 'a second batch of a sequence is taken',
    check: 'check_root_isNeverOverwritten',
    edits: [{ file: hub, from: 'if (roots[sequence] != 0) revert BatchKnown(epoch, sequence);', to: '' }],
  },
  {
    fault: 'a task is settled twice',
    check: 'check_root_settledReportStays',
    edits: [{ file: hub, from: 'if (_settled[taskId] != 0) revert AlreadySettled(taskId);', to: '' }],
  },
  {
    fault: 'no chain in what is signed',
    check: 'check_batch_ofNothingElse',
    edits: [
      { file: hub, from: cosigned, to: withoutDomain },
      { file: hub, from: 'block.chainid,', to: 'uint256(1),' },
    ],
  },
  {
    fault: 'no hub in what is signed',
    check: 'check_batch_ofNothingElse',
    edits: [
      { file: hub, from: cosigned, to: withoutDomain },
      { file: hub, from: 'address(this),', to: 'address(0),' },
    ],
  },
  {
    fault: 'no epoch in what is signed',
    check: 'check_batch_ofNothingElse',
    edits: [{ file: hub, from: cosigned, to: cosigned.replace('epoch,', 'uint64(0),') }],
  },
  {
    fault: 'no policies in what is signed',
    check: 'check_batch_digestIsAsDocumented',
    edits: [
      { file: hub, from: 'policiesDigest\n            )', to: 'bytes32(0 & uint256(policiesDigest))\n            )' },
    ],
  },
  {
    fault: 'an epoch that is over takes batches',
    check: 'check_batch_ofNoEpochThatIsOver',
    edits: [
      { file: hub, from: 'if (block.timestamp >= record.checkableUntil) revert EpochNotCheckable(epoch);', to: '' },
    ],
  },
  {
    fault: 'every epoch is checked against the set of the first',
    check: 'check_batch_underItsOwnSnapshot',
    edits: [
      {
        file: hub,
        from: '= (record.snapshot, record.highestGroup)',
        to: '= (_epochs[1].snapshot, record.highestGroup)',
      },
    ],
  },
  {
    fault: 'anybody starts an epoch',
    check: 'check_batch_onlyTheRegistryStartsEpochs',
    edits: [{ file: hub, from: 'if (msg.sender != registry) revert NotTheRegistry(msg.sender);', to: '' }],
  },
  {
    fault: 'every bit is of the first member',
    check: 'check_signer_countsOnce',
    edits: [{ file: ecdsa, from: '{ entry := add(entry, 0x20) }', to: '{ entry := add(entry, 0) }' }],
  },
  {
    fault: 'a non-signer is subtracted twice',
    check: 'check_signer_countsOnceInBls',
    edits: [
      {
        file: 'BlsQuorumVerifier.sol',
        from: 'if (member < lowest) revert NonSignersNotAscending(member);',
        to: '',
      },
    ],
  },
  {
    fault: "an operator's address counts as weight",
    check: 'check_weight_signedIsAtMostTotal',
    edits: [{ file: ecdsa, from: 'and(word, WEIGHT_MASK)', to: 'word' }],
  },
  {
    fault: 'a snapshot holds more than was written',
    check: 'check_weight_snapshotKeepsWeights',
    edits: [{ file: 'EpochStore.sol', from: '<< 96) | members[i].weight', to: '<< 96) | members[i].weight | 1' }],
  },
  {
    fault: 'a stake weighs double',
    check: 'check_weight_isWhatIsStaked',
    edits: [
      { file: 'OperatorSeats.sol', from: '| _operators[operator].stake', to: '| (_operators[operator].stake * 2)' },
    ],
  },
];
