// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IAssayHub} from "@assay/hub-interface/solidity/IAssayHub.sol";
import {ReportResults, Verdict} from "@assay/hub-interface/solidity/ReportResults.sol";
import {IIdentityRegistry, IValidationRegistry} from "./IValidationRegistry.sol";

/// @title AssayValidator
/// @notice A validator of ERC-8004 whose word is a certified verdict: agents name this contract in their requests, and
/// whoever has the certified report brings it. Nobody has a right over it, and nobody can make it say anything else.
/// @dev A request's payload is the ABI encoding of a Subject, and its hash the Keccak-256 of that, as the draft wants.
/// The hash binds what is judged: another task, another policy or another miner is another request.
contract AssayValidator {
    /// @notice What a request asks about.
    /// @param chainId The chain of the hub; this one.
    /// @param hub The hub; this contract's.
    /// @param agentId The agent that asks.
    /// @param taskId The task that the agent has answered.
    /// @param policyDigest The policy that it is to be judged by.
    /// @param miner The account that it answered under: the agent's wallet, or its owner where it has none.
    struct Subject {
        uint256 chainId;
        address hub;
        uint256 agentId;
        bytes32 taskId;
        bytes32 policyDigest;
        address miner;
    }

    /// @notice What the registry is told when the verdict is to accept.
    uint8 public constant PASSED = 100;

    /// @notice What the registry is told when the verdict is to reject.
    uint8 public constant FAILED = 0;

    /// @notice The tag of every answer.
    string public constant TAG = "assay";

    /// @notice Who says what is certified.
    IAssayHub public immutable hub;

    /// @notice Who is asked, and told.
    IValidationRegistry public immutable registry;

    /// @notice Answers that were given, with where the report is.
    event RequestAnswered(
        bytes32 indexed requestHash, bytes32 indexed taskId, uint64 epoch, uint64 sequence, uint8 response
    );

    /// @notice The registry has no request with this hash for this contract and this agent.
    error NotAsked(bytes32 requestHash);

    /// @notice The request is about another hub or another chain.
    error OtherHub(uint256 chainId, address hub);

    /// @notice The account is neither the agent's wallet nor, where it has none, its owner.
    error NotTheAgents(address miner);

    /// @notice The report is of another task or policy, or not the one that the task was settled with.
    error NotTheReport(bytes32 taskId);

    /// @notice The verdict is to abstain: there is nothing to say.
    error Undecided(bytes32 taskId);

    /// @param hub_ Who says what is certified.
    /// @param registry_ The Validation Registry.
    constructor(IAssayHub hub_, IValidationRegistry registry_) {
        hub = hub_;
        registry = registry_;
    }

    /// @notice The hash that a request about `subject` has.
    function requestHashOf(Subject calldata subject) public pure returns (bytes32) {
        return keccak256(abi.encode(subject));
    }

    /// @notice Answers a request with the verdict of the report that the task is settled with; settles it if nobody
    /// has. Anyone may call it. It says the same each time, because a task is settled once.
    /// @param subject What the request asks about.
    /// @param epoch The epoch of the report's batch.
    /// @param sequence The batch's number in the epoch.
    /// @param report The report.
    /// @param proof Siblings on the way from the report's leaf to the root.
    function answer(
        Subject calldata subject,
        uint64 epoch,
        uint64 sequence,
        IAssayHub.Report calldata report,
        bytes32[] calldata proof
    ) external {
        bytes32 requestHash = requestHashOf(subject);
        _checkSubject(subject, requestHash);
        if (report.taskId != subject.taskId || report.policyDigest != subject.policyDigest) {
            revert NotTheReport(subject.taskId);
        }
        if (hub.settledLeaf(subject.taskId) == 0) hub.settle(epoch, sequence, report, proof);
        else if (!hub.isSettledWith(report)) revert NotTheReport(subject.taskId);

        uint8 response = _responseOf(report, subject.miner);
        emit RequestAnswered(requestHash, subject.taskId, epoch, sequence, response);
        registry.validationResponse(requestHash, response, "", hub.reportLeaf(report), TAG);
    }

    /// @dev Refuses what this contract was not asked, and what is not about the agent's own answer.
    function _checkSubject(Subject calldata subject, bytes32 requestHash) private view {
        if (subject.chainId != block.chainid || subject.hub != address(hub)) {
            revert OtherHub(subject.chainId, subject.hub);
        }
        (address validator, uint256 agentId,,,,) = registry.getValidationStatus(requestHash);
        if (validator != address(this) || agentId != subject.agentId) revert NotAsked(requestHash);
        IIdentityRegistry agents = IIdentityRegistry(registry.getIdentityRegistry());
        address wallet = agents.getAgentWallet(agentId);
        if (wallet == address(0)) wallet = agents.ownerOf(agentId);
        if (subject.miner != wallet) revert NotTheAgents(subject.miner);
    }

    /// @dev What a verdict is to the registry.
    function _responseOf(IAssayHub.Report calldata report, address miner) private pure returns (uint8) {
        Verdict verdict = ReportResults.resultOf(report.results, bytes32(uint256(uint160(miner)))).verdict;
        if (verdict == Verdict.Abstain) revert Undecided(report.taskId);
        return verdict == Verdict.Accept ? PASSED : FAILED;
    }
}
