// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AssayHub} from "@assay/contracts/solidity/AssayHub.sol";
import {AssayTest} from "@assay/contracts/test/Assay.sol";
import {IAssayHub} from "@assay/hub-interface/solidity/IAssayHub.sol";
import {AssayValidator} from "../AssayValidator.sol";
import {MinimalIdentityRegistry, MinimalValidationRegistry} from "./MinimalRegistries.sol";

/// @notice The validator against the real hub: it says what was certified about the agent that asks, and nothing else.
contract AssayValidatorTest is AssayTest {
    bytes32 private constant TASK = keccak256("task");
    bytes32 private constant POLICY = keccak256("policy");
    address private constant OTHER_MINER = address(0xa2);

    uint256[] private keys;
    MinimalIdentityRegistry private agents;
    MinimalValidationRegistry private registry;
    AssayValidator private validator;
    uint256 private agentId;

    function setUp() public {
        _deploy();
        keys = _keys(3);
        _startEpoch(_members(keys, 1), POLICIES);
        agents = new MinimalIdentityRegistry();
        registry = new MinimalValidationRegistry(address(agents));
        validator = new AssayValidator(IAssayHub(address(hub)), registry);
        agentId = agents.register();
    }

    function test_acceptedAnswerPasses() public {
        _answer(1);
        (address by, uint256 agent, uint8 response, bytes32 responseHash, string memory tag,) =
            registry.getValidationStatus(_hash(_subject()));
        assertEq(by, address(validator), "validator");
        assertEq(agent, agentId, "agent");
        assertEq(response, 100, "response");
        assertEq(responseHash, hub.settledLeaf(TASK), "hash of the evidence");
        assertEq(keccak256(bytes(tag)), keccak256("assay"), "tag");
    }

    function test_rejectedAnswerFails() public {
        _answer(2);
        (,, uint8 response, bytes32 responseHash,,) = registry.getValidationStatus(_hash(_subject()));
        assertEq(response, 0, "response");
        assertTrue(responseHash != 0, "an answer was given");
    }

    function test_abstainedAnswerIsNoAnswer() public {
        _request(_subject());
        _post(_report(0));
        vm.expectRevert(abi.encodeWithSelector(AssayValidator.Undecided.selector, TASK));
        validator.answer(_subject(), 1, 1, _report(0), new bytes32[](0));
    }

    function test_sameAnswerEachTimeAndNoOther() public {
        _answer(1);
        validator.answer(_subject(), 1, 1, _report(1), new bytes32[](0));
        AssayHub.Report memory again = AssayHub.Report(TASK, POLICY, _result(address(this), 2));
        bytes32 leaf = hub.reportLeaf(again);
        hub.post(1, 2, leaf, 1, _certificate(keys, hub.cosignatureDigest(1, 2, leaf, 1)));
        vm.expectRevert(abi.encodeWithSelector(AssayValidator.NotTheReport.selector, TASK));
        validator.answer(_subject(), 1, 2, _seen(again), new bytes32[](0));
    }

    function test_reportThatIsNotCertifiedIsRefused() public {
        _request(_subject());
        vm.expectRevert(abi.encodeWithSelector(AssayHub.ReportNotInBatch.selector, 1, 1));
        validator.answer(_subject(), 1, 1, _report(1), new bytes32[](0));
    }

    function test_reportOfAnotherTaskOrPolicyIsRefused() public {
        _request(_subject());
        IAssayHub.Report memory report = _report(1);
        report.taskId = "another task";
        vm.expectRevert(abi.encodeWithSelector(AssayValidator.NotTheReport.selector, TASK));
        validator.answer(_subject(), 1, 1, report, new bytes32[](0));
        report = _report(1);
        report.policyDigest = "another policy";
        vm.expectRevert(abi.encodeWithSelector(AssayValidator.NotTheReport.selector, TASK));
        validator.answer(_subject(), 1, 1, report, new bytes32[](0));
    }

    function test_requestOfNobodyIsRefused() public {
        vm.expectRevert("unknown request");
        validator.answer(_subject(), 1, 1, _report(1), new bytes32[](0));
        registry.validationRequest(address(0xbad), agentId, "", _hash(_subject()));
        vm.expectRevert(abi.encodeWithSelector(AssayValidator.NotAsked.selector, _hash(_subject())));
        validator.answer(_subject(), 1, 1, _report(1), new bytes32[](0));
    }

    function test_requestUnderAnotherAgentIsRefused() public {
        vm.prank(OTHER_MINER);
        uint256 another = agents.register();
        bytes32 requestHash = _hash(_subject());
        vm.prank(OTHER_MINER);
        registry.validationRequest(address(validator), another, "", requestHash);
        vm.expectRevert(abi.encodeWithSelector(AssayValidator.NotAsked.selector, requestHash));
        validator.answer(_subject(), 1, 1, _report(1), new bytes32[](0));
    }

    function test_anotherMinersAnswerIsRefused() public {
        AssayValidator.Subject memory subject = _subject();
        subject.miner = OTHER_MINER;
        _request(subject);
        vm.expectRevert(abi.encodeWithSelector(AssayValidator.NotTheAgents.selector, OTHER_MINER));
        validator.answer(subject, 1, 1, _report(1), new bytes32[](0));
        agents.setWallet(agentId, OTHER_MINER);
        _post(_report(1));
        validator.answer(subject, 1, 1, _report(1), new bytes32[](0));
        (,, uint8 response,,,) = registry.getValidationStatus(_hash(subject));
        assertEq(response, 0, "what the other miner got");
    }

    function test_agentWithoutWalletAnswersAsItsOwner() public {
        agents.setWallet(agentId, address(0));
        _answer(1);
    }

    function test_anotherHubOrChainIsRefused() public {
        AssayValidator.Subject memory subject = _subject();
        subject.hub = address(0xbad);
        vm.expectRevert(abi.encodeWithSelector(AssayValidator.OtherHub.selector, block.chainid, address(0xbad)));
        validator.answer(subject, 1, 1, _report(1), new bytes32[](0));
        subject = _subject();
        subject.chainId = 1;
        vm.expectRevert(abi.encodeWithSelector(AssayValidator.OtherHub.selector, 1, address(hub)));
        validator.answer(subject, 1, 1, _report(1), new bytes32[](0));
    }

    /// @dev Asks about this contract's answer, posts the report with a verdict on it, and has the request answered.
    function _answer(uint8 verdict) private {
        _request(_subject());
        _post(_report(verdict));
        validator.answer(_subject(), 1, 1, _report(verdict), new bytes32[](0));
    }

    /// @dev What this contract, as owner of the agent, asks about.
    function _subject() private view returns (AssayValidator.Subject memory) {
        return AssayValidator.Subject(block.chainid, address(hub), agentId, TASK, POLICY, address(this));
    }

    /// @dev Asks.
    function _request(AssayValidator.Subject memory subject) private {
        registry.validationRequest(address(validator), agentId, "", _hash(subject));
    }

    /// @dev The hash of a request.
    function _hash(AssayValidator.Subject memory subject) private view returns (bytes32) {
        return validator.requestHashOf(subject);
    }

    /// @dev A verdict about this contract's answer; another miner's was rejected.
    function _report(uint8 verdict) private view returns (IAssayHub.Report memory) {
        return IAssayHub.Report(TASK, POLICY, bytes.concat(_result(address(this), verdict), _result(OTHER_MINER, 2)));
    }

    /// @dev Has the operators certify a batch of this report alone.
    function _post(IAssayHub.Report memory report) private {
        bytes32 leaf = hub.reportLeaf(AssayHub.Report(report.taskId, report.policyDigest, report.results));
        hub.post(1, 1, leaf, 1, _certificate(keys, hub.cosignatureDigest(1, 1, leaf, 1)));
    }

    /// @dev The report as those see it that know the interface alone.
    function _seen(AssayHub.Report memory report) private pure returns (IAssayHub.Report memory) {
        return IAssayHub.Report(report.taskId, report.policyDigest, report.results);
    }

    /// @dev One packed result.
    function _result(address miner, uint8 verdict) private pure returns (bytes memory) {
        return abi.encodePacked(bytes32(uint256(uint160(miner))), verdict, uint16(1), uint16(2), uint16(3));
    }
}
