// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {EpochStore} from "./EpochStore.sol";
import {IEpochListener} from "./IEpochListener.sol";
import {IQuorumErrors} from "./IQuorumErrors.sol";
import {IQuorumVerifier} from "./IQuorumVerifier.sol";

/// @title AssayHub
/// @notice Takes certified batches from anyone, answers whether a report is in one of them, and fixes one report for a
/// task for contracts that act on it. Nobody has a right over it: what is certified is taken, what is not is refused.
/// @dev What a post needs of its epoch lies in one slot, which the registry writes when the epoch starts: posting asks
/// no other contract but the verifier, and opens no slot but that of its own root.
contract AssayHub is EIP712, IEpochListener, IQuorumErrors {
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

    /// @notice EIP-712 type of an observation.
    bytes32 public constant OBSERVATION_TYPEHASH = keccak256(
        "Observation(bytes32 configDigest,uint64 epoch,bytes32 taskId,uint8 role,bytes32 methodDigest,bytes measurements)"
    );

    /// @notice EIP-712 type of a report.
    bytes32 public constant REPORT_TYPEHASH = keccak256("Report(bytes32 taskId,bytes32 policyDigest,bytes results)");

    bytes32 private constant CONFIG_DOMAIN = keccak256("Assay config v1");
    uint256 private constant THRESHOLD_NUMERATOR = 2;
    uint256 private constant THRESHOLD_DENOMINATOR = 3;

    /// @dev Sequences that share the note of the highest one: it is written once for so many posts.
    uint64 private constant GROUP = 4_096;

    /// @dev One slot. `highestGroup` is that of the highest sequence posted. `checkableUntil` is the first second (good until the year 2106) at which the epoch is no longer
    /// checkable; 0 for an epoch that has not started.
    struct Epoch {
        address snapshot;
        uint64 highestGroup;
        uint32 checkableUntil;
    }

    /// @notice Who starts epochs.
    address public immutable registry;

    /// @notice Who checks certificates.
    IQuorumVerifier public immutable verifier;

    mapping(uint64 epoch => Epoch) private _epochs;

    mapping(uint64 epoch => mapping(uint64 sequence => bytes32 root)) private _roots;

    mapping(bytes32 taskId => bytes32 leaf) private _settled;

    /// @notice A batch with a good certificate is in.
    event BatchPosted(
        uint64 indexed epoch, uint64 indexed sequence, bytes32 root, uint32 count, address transmitter
    );

    /// @notice A task has its report, once and for all.
    event TaskSettled(bytes32 indexed taskId, uint64 indexed epoch, uint64 indexed sequence, bytes32 leaf);

    /// @notice Only the registry starts epochs.
    error NotTheRegistry(address sender);

    /// @notice No such epoch has started.
    error EpochUnknown(uint64 epoch);

    /// @notice The epoch is unknown or over.
    error EpochNotCheckable(uint64 epoch);

    /// @notice A batch is already posted under this epoch and sequence.
    error BatchKnown(uint64 epoch, uint64 sequence);

    /// @notice A batch has at least one report and a root that is not zero.
    error EmptyBatch();

    /// @notice The report is not in the batch posted under this epoch and sequence.
    error ReportNotInBatch(uint64 epoch, uint64 sequence);

    /// @notice The task has its report already.
    error AlreadySettled(bytes32 taskId);

    /// @param registry_ Who starts epochs; it must name this contract as its hub.
    /// @param verifier_ Who checks certificates.
    constructor(address registry_, IQuorumVerifier verifier_) EIP712("Assay", "1") {
        registry = registry_;
        verifier = verifier_;
    }

    /// @inheritdoc IEpochListener
    function epochStarted(uint64 epoch, address snapshot, uint32 previousUntil) external {
        if (msg.sender != registry) revert NotTheRegistry(msg.sender);
        if (epoch > 1) _epochs[epoch - 1].checkableUntil = previousUntil;
        if (epoch > 2) _epochs[epoch - 2].checkableUntil = 0;
        _epochs[epoch] = Epoch(snapshot, 0, type(uint32).max);
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
        Epoch storage record = _epochs[epoch];
        (address snapshot, uint64 highestGroup) = (record.snapshot, record.highestGroup);
        if (block.timestamp >= record.checkableUntil) revert EpochNotCheckable(epoch);

        bytes32 digest = _cosignatureDigest(_configDigest(snapshot), epoch, sequence, root, count);
        verifier.verify(snapshot, digest, certificate);

        roots[sequence] = root;
        if (sequence / GROUP > highestGroup) record.highestGroup = sequence / GROUP;
        emit BatchPosted(epoch, sequence, root, count, msg.sender);
    }

    /// @notice Fixes the report of a task. Anyone may; the first proved report of a task stays.
    /// @param epoch The epoch of the report's batch.
    /// @param sequence The batch's number in the epoch.
    /// @param report The report.
    /// @param proof See `verifyReport`.
    function settle(uint64 epoch, uint64 sequence, Report calldata report, bytes32[] calldata proof) external {
        bytes32 taskId = report.taskId;
        if (_settled[taskId] != 0) revert AlreadySettled(taskId);
        if (!verifyReport(epoch, sequence, report, proof)) revert ReportNotInBatch(epoch, sequence);
        bytes32 leaf = reportLeaf(report);
        _settled[taskId] = leaf;
        emit TaskSettled(taskId, epoch, sequence, leaf);
    }

    /// @notice Whether `report` is the one that its task was settled with.
    function isSettledWith(Report calldata report) external view returns (bool) {
        return _settled[report.taskId] == reportLeaf(report);
    }

    /// @notice The leaf of the report that a task was settled with; zero when it is not settled.
    function settledLeaf(bytes32 taskId) external view returns (bytes32) {
        return _settled[taskId];
    }

    /// @notice What every signature of an epoch is bound to: chain, hub, validator set, threshold and policies.
    function configDigest(uint64 epoch) public view returns (bytes32) {
        address snapshot = _epochs[epoch].snapshot;
        if (snapshot == address(0)) revert EpochUnknown(epoch);
        return _configDigest(snapshot);
    }

    /// @notice The EIP-712 digest that an operator signs to cosign a batch.
    function cosignatureDigest(uint64 epoch, uint64 sequence, bytes32 root, uint32 count)
        external
        view
        returns (bytes32)
    {
        return _cosignatureDigest(configDigest(epoch), epoch, sequence, root, count);
    }

    /// @notice The EIP-712 digest that an operator signs for an observation.
    /// @param role 0 checksum, 1 embedding, 2 semantic.
    /// @param measurementsDigest keccak256 of the packed measurements.
    function observationDigest(
        uint64 epoch,
        bytes32 taskId,
        uint8 role,
        bytes32 methodDigest,
        bytes32 measurementsDigest
    ) external view returns (bytes32) {
        return _hashTypedDataV4(
            keccak256(
                abi.encode(
                    OBSERVATION_TYPEHASH, configDigest(epoch), epoch, taskId, role, methodDigest, measurementsDigest
                )
            )
        );
    }

    /// @notice The root of the batch posted under `epoch` and `sequence`; zero when there is none.
    function rootOf(uint64 epoch, uint64 sequence) external view returns (bytes32) {
        return _roots[epoch][sequence];
    }

    /// @notice Whether a batch is posted under `epoch` and `sequence`.
    function isPosted(uint64 epoch, uint64 sequence) external view returns (bool) {
        return _roots[epoch][sequence] != 0;
    }

    /// @notice The highest sequence posted in `epoch`; 0 when none is (`isPosted` tells that from sequence 0).
    /// @dev For callers outside of the chain: it looks through up to 4,096 slots.
    function highestSequence(uint64 epoch) external view returns (uint64 sequence) {
        mapping(uint64 => bytes32) storage roots = _roots[epoch];
        uint64 lowest = _epochs[epoch].highestGroup * GROUP;
        sequence = lowest + (GROUP - 1);
        while (sequence > lowest && roots[sequence] == 0) --sequence;
    }

    /// @notice Whether certificates of `epoch` are taken now.
    function isCheckable(uint64 epoch) external view returns (bool) {
        return block.timestamp < _epochs[epoch].checkableUntil;
    }

    /// @notice Whether `report` is in the batch posted under `epoch` and `sequence`. Holds for ever once it is true.
    /// @param epoch The batch's epoch.
    /// @param sequence The batch's number in the epoch.
    /// @param report The report.
    /// @param proof Siblings on the way from the report's leaf to the root; pairs are sorted before hashing.
    function verifyReport(uint64 epoch, uint64 sequence, Report calldata report, bytes32[] calldata proof)
        public
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
    function _configDigest(address snapshot) private view returns (bytes32) {
        (bytes32 setDigest, bytes32 policiesDigest) = EpochStore.digests(snapshot);
        return keccak256(
            abi.encode(
                CONFIG_DOMAIN,
                block.chainid,
                address(this),
                setDigest,
                THRESHOLD_NUMERATOR,
                THRESHOLD_DENOMINATOR,
                policiesDigest
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
}
