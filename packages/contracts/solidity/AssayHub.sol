// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {IQuorumErrors} from "./IQuorumErrors.sol";
import {IQuorumVerifier} from "./IQuorumVerifier.sol";
import {ValidatorRegistry} from "./ValidatorRegistry.sol";

/// @title AssayHub
/// @notice Takes certified batches from anyone and answers whether a report is in one of them.
contract AssayHub is EIP712, IQuorumErrors {
    /// @notice What the observations of a quorum amount to for one task.
    /// @param taskId The task.
    /// @param policyDigest The policy that the task was judged by.
    /// @param results One packed result per submission; ReportResults reads them.
    struct Report {
        bytes32 taskId;
        bytes32 policyDigest;
        bytes results;
    }

    /// @notice EIP-712 type of a cosignature.
    bytes32 public constant COSIGNATURE_TYPEHASH =
        keccak256("Cosignature(bytes32 configDigest,uint64 epoch,uint64 sequence,bytes32 root,uint32 count)");

    /// @notice EIP-712 type of a report.
    bytes32 public constant REPORT_TYPEHASH = keccak256("Report(bytes32 taskId,bytes32 policyDigest,bytes results)");

    bytes32 private constant CONFIG_DOMAIN = keccak256("Assay config v1");
    uint256 private constant THRESHOLD_NUMERATOR = 2;
    uint256 private constant THRESHOLD_DENOMINATOR = 3;
    uint64 private constant RECEIPTS_PER_SLOT = 4;
    uint256 private constant RECEIPT_BITS = 64;

    /// @notice Where epochs and validator sets come from.
    ValidatorRegistry public immutable registry;

    /// @notice Who checks certificates.
    IQuorumVerifier public immutable verifier;

    mapping(uint64 epoch => mapping(uint64 sequence => bytes32 root)) private _roots;

    /// @dev count << 32 | postedAt of four neighbouring sequences in one slot, so most posts need not open a new one.
    mapping(uint64 epoch => mapping(uint64 group => uint256)) private _receipts;

    /// @dev The highest group of receipts in use; changes only when a slot is opened.
    mapping(uint64 epoch => uint64 group) private _highestGroup;

    /// @notice A batch with a good certificate is in.
    event BatchPosted(
        uint64 indexed epoch, uint64 indexed sequence, bytes32 root, uint32 count, address transmitter
    );

    /// @notice The epoch is unknown or over.
    error EpochNotCheckable(uint64 epoch);

    /// @notice A batch is already posted under this epoch and sequence.
    error BatchKnown(uint64 epoch, uint64 sequence);

    /// @notice A batch has at least one report and a root that is not zero.
    error EmptyBatch();

    /// @param registry_ Where epochs and validator sets come from.
    /// @param verifier_ Who checks certificates; it must read the same registry.
    constructor(ValidatorRegistry registry_, IQuorumVerifier verifier_) EIP712("Assay", "1") {
        registry = registry_;
        verifier = verifier_;
    }

    /// @notice Posts a certified batch. Anyone may: the transmitter pays, and is trusted with nothing.
    /// @param epoch The epoch whose operators cosigned.
    /// @param sequence The batch's number in the epoch.
    /// @param root Merkle root over the leaves of the batch's reports.
    /// @param count How many reports the batch has.
    /// @param certificate Cosignatures in the verifier's encoding.
    function post(uint64 epoch, uint64 sequence, bytes32 root, uint32 count, bytes calldata certificate) external {
        if (count == 0 || root == 0) revert EmptyBatch();
        mapping(uint64 => bytes32) storage roots = _roots[epoch];
        if (roots[sequence] != 0) revert BatchKnown(epoch, sequence);
        ValidatorRegistry.Snapshot memory snapshot = registry.snapshotOf(epoch);
        if (!snapshot.checkable) revert EpochNotCheckable(epoch);

        bytes32 digest = _cosignatureDigest(_configDigest(snapshot), epoch, sequence, root, count);
        verifier.verify(epoch, digest, certificate);

        roots[sequence] = root;
        _storeReceipt(epoch, sequence, count);
        emit BatchPosted(epoch, sequence, root, count, msg.sender);
    }

    /// @notice What every signature of an epoch is bound to: chain, hub, validator set, threshold and policies.
    function configDigest(uint64 epoch) public view returns (bytes32) {
        return _configDigest(registry.snapshotOf(epoch));
    }

    /// @notice The EIP-712 digest that an operator signs to cosign a batch.
    function cosignatureDigest(uint64 epoch, uint64 sequence, bytes32 root, uint32 count)
        public
        view
        returns (bytes32)
    {
        return _cosignatureDigest(configDigest(epoch), epoch, sequence, root, count);
    }

    /// @notice The batch posted under `epoch` and `sequence`; all zero when there is none.
    /// @return root Merkle root over the leaves of its reports.
    /// @return count How many reports it has.
    /// @return postedAt The second at which it was posted (32 bits: good until the year 2106).
    function batchOf(uint64 epoch, uint64 sequence)
        external
        view
        returns (bytes32 root, uint32 count, uint32 postedAt)
    {
        uint256 receipt = _receipts[epoch][sequence / RECEIPTS_PER_SLOT] >> _shiftOf(sequence);
        return (_roots[epoch][sequence], uint32(receipt >> 32), uint32(receipt));
    }

    /// @notice Whether a batch is posted under `epoch` and `sequence`.
    function isPosted(uint64 epoch, uint64 sequence) external view returns (bool) {
        return _roots[epoch][sequence] != 0;
    }

    /// @notice The highest sequence posted in `epoch`; 0 when none is (`isPosted` tells that from sequence 0).
    function highestSequence(uint64 epoch) external view returns (uint64 sequence) {
        uint64 group = _highestGroup[epoch];
        uint256 receipts = _receipts[epoch][group];
        sequence = group * RECEIPTS_PER_SLOT;
        while (receipts >> RECEIPT_BITS != 0) {
            receipts >>= RECEIPT_BITS;
            ++sequence;
        }
    }

    /// @notice Whether `report` is in the batch posted under `epoch` and `sequence`. Holds for ever once it is true.
    /// @param epoch The batch's epoch.
    /// @param sequence The batch's number in the epoch.
    /// @param report The report.
    /// @param proof Siblings on the way from the report's leaf to the root; pairs are sorted before hashing.
    function verifyReport(uint64 epoch, uint64 sequence, Report calldata report, bytes32[] calldata proof)
        external
        view
        returns (bool)
    {
        bytes32 root = _roots[epoch][sequence];
        return root != 0 && MerkleProof.verifyCalldata(proof, root, reportLeaf(report));
    }

    /// @notice The Merkle leaf of a report: its EIP-712 struct hash, hashed once more, so that no inner node of a
    /// tree can pass for a leaf.
    function reportLeaf(Report calldata report) public pure returns (bytes32) {
        bytes32 structHash =
            keccak256(abi.encode(REPORT_TYPEHASH, report.taskId, report.policyDigest, keccak256(report.results)));
        return keccak256(bytes.concat(structHash));
    }

    /// @dev See configDigest.
    function _configDigest(ValidatorRegistry.Snapshot memory snapshot) private view returns (bytes32) {
        return keccak256(
            abi.encode(
                CONFIG_DOMAIN,
                block.chainid,
                address(this),
                snapshot.setDigest,
                THRESHOLD_NUMERATOR,
                THRESHOLD_DENOMINATOR,
                snapshot.policiesDigest
            )
        );
    }

    /// @dev See cosignatureDigest.
    function _cosignatureDigest(bytes32 config, uint64 epoch, uint64 sequence, bytes32 root, uint32 count)
        private
        view
        returns (bytes32)
    {
        return _hashTypedDataV4(keccak256(abi.encode(COSIGNATURE_TYPEHASH, config, epoch, sequence, root, count)));
    }

    /// @dev Remembers count and time of a batch that was not posted before.
    function _storeReceipt(uint64 epoch, uint64 sequence, uint32 count) private {
        uint64 group = sequence / RECEIPTS_PER_SLOT;
        mapping(uint64 => uint256) storage receiptsOf = _receipts[epoch];
        uint256 receipts = receiptsOf[group];
        if (receipts == 0 && group > _highestGroup[epoch]) _highestGroup[epoch] = group;
        uint256 receipt = (uint256(count) << 32) | uint32(block.timestamp);
        receiptsOf[group] = receipts | (receipt << _shiftOf(sequence));
    }

    /// @dev Where in its slot the receipt of `sequence` begins.
    function _shiftOf(uint64 sequence) private pure returns (uint256) {
        return (sequence % RECEIPTS_PER_SLOT) * RECEIPT_BITS;
    }
}
