// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IAssayHub} from "@assay/hub-interface/solidity/IAssayHub.sol";
import {ReportResults, Result, Verdict} from "@assay/hub-interface/solidity/ReportResults.sol";

/// @title AcceptedAnswers
/// @notice The least that a contract needs to act on verdicts of Assay: it notes which miner's answer to a task was
/// accepted by one policy. Anyone may bring the proof; nobody has to be trusted.
contract AcceptedAnswers {
    /// @notice Who says what is certified.
    IAssayHub public immutable hub;

    /// @notice The policy whose verdicts count here.
    bytes32 public immutable policyDigest;

    /// @notice Whether a task's settled report accepts the answer of a miner.
    mapping(bytes32 taskId => mapping(address miner => bool)) public isAccepted;

    /// @notice A miner's answer to a task was accepted.
    event AnswerAccepted(bytes32 indexed taskId, address indexed miner);

    /// @notice The report is not the one that its task was settled with.
    error NotTheReport(bytes32 taskId);

    /// @notice The task was judged by another policy.
    error OtherPolicy(bytes32 policyDigest);

    /// @notice The report does not accept the miner's answer.
    error NotAccepted(bytes32 taskId, address miner);

    constructor(IAssayHub hub_, bytes32 policyDigest_) {
        hub = hub_;
        policyDigest = policyDigest_;
    }

    /// @notice Notes that a miner's answer was accepted. It settles the task if nobody has.
    /// @param epoch The epoch of the report's batch.
    /// @param sequence The batch's number in the epoch.
    /// @param report The report.
    /// @param proof Siblings on the way from the report's leaf to the root.
    /// @param miner Whose answer it is.
    function note(
        uint64 epoch,
        uint64 sequence,
        IAssayHub.Report calldata report,
        bytes32[] calldata proof,
        address miner
    ) external {
        bytes32 taskId = report.taskId;
        if (report.policyDigest != policyDigest) revert OtherPolicy(report.policyDigest);
        if (hub.settledLeaf(taskId) == 0) hub.settle(epoch, sequence, report, proof);
        else if (!hub.isSettledWith(report)) revert NotTheReport(taskId);
        // A miner named by an address is the address in 32 bytes.
        Result memory result = ReportResults.resultOf(report.results, bytes32(uint256(uint160(miner))));
        if (result.verdict != Verdict.Accept) revert NotAccepted(taskId, miner);
        isAccepted[taskId][miner] = true;
        emit AnswerAccepted(taskId, miner);
    }
}
