// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title IAssayHub
/// @notice The hub of Assay as other contracts see it: whether a report was certified, and which report a task has.
/// @dev A report is certified when operators with more than two thirds of the weight of an epoch have recomputed it. It
/// is a leaf of the Merkle tree of its batch; `proof` is the siblings on the way to the batch's root. The SDK
/// (`proveReport`) and the gateway (`/v1/tasks/{id}/certificate`) give report, proof, epoch and sequence of a task.
///
/// Miners are 32 bytes in a report. A miner named by an address (0x and 40 digits in lower case) is the address itself,
/// padded with zeros from the left: bytes32(uint256(uint160(account))). Any other name is keccak256(bytes(name)).
interface IAssayHub {
    /// @notice What the observations of a quorum amount to for one task.
    /// @param taskId The task.
    /// @param policyDigest The policy that the task was judged by. A contract that acts on verdicts must compare it with
    /// the policy that it wants: a report under a lenient one is certified as well.
    /// @param results One packed result for each submission; `ReportResults` reads them.
    struct Report {
        bytes32 taskId;
        bytes32 policyDigest;
        bytes results;
    }

    /// @notice A certified batch is in.
    event BatchPosted(
        uint64 indexed epoch, uint64 indexed sequence, bytes32 root, uint32 count, address transmitter
    );

    /// @notice A task has its report, once and for all.
    event TaskSettled(bytes32 indexed taskId, uint64 indexed epoch, uint64 indexed sequence, bytes32 leaf);

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

    /// @notice Posts a certified batch. Anyone may: the caller pays, and is trusted with nothing.
    /// @param epoch The epoch whose operators cosigned.
    /// @param sequence The batch's number in the epoch.
    /// @param root Merkle root over the leaves of the batch's reports.
    /// @param count How many reports the batch has.
    /// @param certificate Cosignatures in the encoding of the hub's verifier.
    function post(uint64 epoch, uint64 sequence, bytes32 root, uint32 count, bytes calldata certificate) external;

    /// @notice Fixes the report of a task. Anyone may; the first proven report of a task stays.
    /// @param epoch The epoch of the report's batch.
    /// @param sequence The batch's number in the epoch.
    /// @param report The report.
    /// @param proof Siblings on the way from the report's leaf to the root; pairs are sorted before hashing.
    function settle(uint64 epoch, uint64 sequence, Report calldata report, bytes32[] calldata proof) external;

    /// @notice Whether `report` is in the batch posted under `epoch` and `sequence`. Holds for ever once it is true.
    /// @dev A task can be in more than one batch. A contract that must not act twice, or on two verdicts, uses `settle`.
    /// @param epoch The batch's epoch.
    /// @param sequence The batch's number in the epoch.
    /// @param report The report.
    /// @param proof Siblings on the way from the report's leaf to the root; pairs are sorted before hashing.
    function verifyReport(uint64 epoch, uint64 sequence, Report calldata report, bytes32[] calldata proof)
        external
        view
        returns (bool);

    /// @notice Whether `report` is the one that its task was settled with.
    function isSettledWith(Report calldata report) external view returns (bool);

    /// @notice The leaf of the report that a task was settled with; zero when it is not settled.
    function settledLeaf(bytes32 taskId) external view returns (bytes32);

    /// @notice The Merkle leaf of a report.
    function reportLeaf(Report calldata report) external pure returns (bytes32);

    /// @notice The root of the batch posted under `epoch` and `sequence`; zero when there is none.
    function rootOf(uint64 epoch, uint64 sequence) external view returns (bytes32);

    /// @notice Whether a batch is posted under `epoch` and `sequence`.
    function isPosted(uint64 epoch, uint64 sequence) external view returns (bool);

    /// @notice Whether certificates of `epoch` are taken now.
    function isCheckable(uint64 epoch) external view returns (bool);

    /// @notice What every signature of an epoch is bound to: chain, hub, validator set, threshold and policies.
    function configDigest(uint64 epoch) external view returns (bytes32);
}
