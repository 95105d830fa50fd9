// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {AssayHub} from "../solidity/AssayHub.sol";
import {IQuorumErrors} from "../solidity/IQuorumErrors.sol";
import {AssayTest} from "./Assay.sol";

/// @notice The hub: what it posts, what it refuses, and which reports it vouches for.
contract AssayHubTest is AssayTest {
    uint256[] private keys;

    function setUp() public {
        _deploy();
        keys = _keys(4);
        _startEpoch(_members(keys, 10), POLICIES);
    }

    function test_postStoresAndTells() public {
        bytes memory certificate = _signed(1, 7, ROOT, 3);
        vm.expectEmit(true, true, false, true, address(hub));
        emit AssayHub.BatchPosted(1, 7, ROOT, 3, address(0xca11));
        vm.prank(address(0xca11));
        hub.post(1, 7, ROOT, 3, certificate);
        _holds(7, ROOT);
        assertTrue(hub.isPosted(1, 7), "batch 7 is posted");
        assertTrue(!hub.isPosted(1, 6), "batch 6 is not posted");
        assertEq(hub.highestSequence(1), 7, "highest sequence");
        _holds(6, 0);
    }

    function test_sequencesInAnyOrder() public {
        uint64[7] memory order = [uint64(9), 0, 8, 3, 4, 11, 1000];
        uint64 highest = 0;
        for (uint32 i = 0; i < order.length; ++i) {
            bytes32 root = keccak256(abi.encode(i));
            hub.post(1, order[i], root, i + 1, _signed(1, order[i], root, i + 1));
            if (order[i] > highest) highest = order[i];
            assertEq(hub.highestSequence(1), highest, "highest sequence");
        }
        for (uint32 i = 0; i < order.length; ++i) {
            _holds(order[i], keccak256(abi.encode(i)));
        }
        assertEq(hub.highestSequence(2), 0, "highest sequence of an epoch to come");
    }

    function test_replayIsRefused() public {
        bytes memory certificate = _signed(1, 1, ROOT, 3);
        hub.post(1, 1, ROOT, 3, certificate);
        vm.expectRevert(abi.encodeWithSelector(AssayHub.BatchKnown.selector, 1, 1));
        hub.post(1, 1, ROOT, 3, certificate);
    }

    function test_secondRootForASequenceIsRefused() public {
        hub.post(1, 1, ROOT, 3, _signed(1, 1, ROOT, 3));
        bytes memory certificate = _signed(1, 1, "other", 3);
        vm.expectRevert(abi.encodeWithSelector(AssayHub.BatchKnown.selector, 1, 1));
        hub.post(1, 1, "other", 3, certificate);
        _holds(1, ROOT);
    }

    function test_emptyBatchIsRefused() public {
        bytes memory noReports = _signed(1, 1, ROOT, 0);
        vm.expectRevert(abi.encodeWithSelector(AssayHub.EmptyBatch.selector));
        hub.post(1, 1, ROOT, 0, noReports);
        bytes memory noRoot = _signed(1, 1, 0, 3);
        vm.expectRevert(abi.encodeWithSelector(AssayHub.EmptyBatch.selector));
        hub.post(1, 1, 0, 3, noRoot);
    }

    function test_wrongSequenceIsRefused() public {
        _refused(1, 2, ROOT, 3, _signed(1, 1, ROOT, 3));
    }

    function test_wrongRootIsRefused() public {
        _refused(1, 1, "other", 3, _signed(1, 1, ROOT, 3));
    }

    function test_wrongCountIsRefused() public {
        _refused(1, 1, ROOT, 4, _signed(1, 1, ROOT, 3));
    }

    function test_certificateOfAnotherEpochIsRefused() public {
        bytes memory certificate = _signed(1, 1, ROOT, 3);
        _startEpoch(_members(keys, 10), POLICIES);
        _refused(2, 1, ROOT, 3, certificate);
        hub.post(1, 1, ROOT, 3, certificate);
    }

    function test_unknownEpochIsRefused() public {
        bytes memory certificate = _signed(1, 1, ROOT, 3);
        vm.expectRevert(abi.encodeWithSelector(AssayHub.EpochNotCheckable.selector, 2));
        hub.post(2, 1, ROOT, 3, certificate);
    }

    function test_previousEpochIsTakenForItsGraceOnly() public {
        bytes memory first = _signed(1, 1, ROOT, 3);
        bytes memory second = _signed(1, 2, ROOT, 3);
        _startEpoch(_members(_first(keys, 1), 10), POLICIES);
        vm.warp(START + GRACE - 1);
        hub.post(1, 1, ROOT, 3, first);
        vm.warp(START + GRACE);
        vm.expectRevert(abi.encodeWithSelector(AssayHub.EpochNotCheckable.selector, 1));
        hub.post(1, 2, ROOT, 3, second);
    }

    function test_certificateOfAnotherChainIsRefused() public {
        bytes memory certificate = _signed(1, 1, ROOT, 3);
        vm.chainId(1);
        _refused(1, 1, ROOT, 3, certificate);
    }

    function test_certificateForAnotherHubIsRefused() public {
        bytes memory certificate = _signed(1, 1, ROOT, 3);
        hub = new AssayHub(address(this), verifier);
        hub.epochStarted(1, snapshot, 0);
        _refused(1, 1, ROOT, 3, certificate);
    }

    function test_tooLittleWeightIsRefused() public {
        bytes32 digest = hub.cosignatureDigest(1, 1, ROOT, 3);
        bytes memory certificate = _certificate(_first(keys, 2), digest);
        vm.expectRevert(abi.encodeWithSelector(IQuorumErrors.QuorumNotReached.selector, 20, 40));
        hub.post(1, 1, ROOT, 3, certificate);
    }

    function test_onlyTheRegistryStartsEpochs() public {
        vm.expectRevert(abi.encodeWithSelector(AssayHub.NotTheRegistry.selector, address(0xbad)));
        vm.prank(address(0xbad));
        hub.epochStarted(2, snapshot, 0);
    }

    function test_epochBeforeThePreviousOneIsNotCheckable() public {
        bytes memory certificate = _signed(1, 1, ROOT, 3);
        _startEpoch(_members(keys, 10), POLICIES);
        assertTrue(hub.isCheckable(1), "epoch 1 while 2 runs");
        _startEpoch(_members(keys, 10), POLICIES);
        assertTrue(!hub.isCheckable(1) && hub.isCheckable(2) && hub.isCheckable(3), "epochs while 3 runs");
        vm.expectRevert(abi.encodeWithSelector(AssayHub.EpochNotCheckable.selector, 1));
        hub.post(1, 1, ROOT, 3, certificate);
    }

    function test_epochToComeHasNoDigest() public {
        vm.expectRevert(abi.encodeWithSelector(AssayHub.EpochUnknown.selector, 2));
        hub.configDigest(2);
    }

    function test_configDigestDependsOnSetAndPolicies() public {
        _startEpoch(_members(keys, 10), POLICIES);
        _startEpoch(_members(keys, 11), POLICIES);
        _startEpoch(_members(keys, 11), "other policies");
        assertEq(hub.configDigest(2), hub.configDigest(1), "same set, same policies");
        assertTrue(hub.configDigest(3) != hub.configDigest(2), "other weights");
        assertTrue(hub.configDigest(4) != hub.configDigest(3), "other policies");
        assertTrue(hub.cosignatureDigest(2, 1, ROOT, 3) != hub.cosignatureDigest(1, 1, ROOT, 3), "other epoch");
    }

    function test_reportAloneInItsBatch() public {
        AssayHub.Report memory report = AssayHub.Report("task", "policy", hex"0102");
        bytes32 leaf = hub.reportLeaf(report);
        hub.post(1, 1, leaf, 1, _signed(1, 1, leaf, 1));
        assertTrue(hub.verifyReport(1, 1, report, new bytes32[](0)), "the only report");
        assertTrue(!hub.verifyReport(1, 2, report, new bytes32[](0)), "a batch that is not posted");
        assertTrue(!hub.verifyReport(2, 1, report, new bytes32[](0)), "another epoch");
    }

    function test_taskIsSettledOnce() public {
        AssayHub.Report memory report = AssayHub.Report("task", "policy", hex"0102");
        bytes32 leaf = hub.reportLeaf(report);
        bytes32[] memory noSiblings = new bytes32[](0);
        vm.expectRevert(abi.encodeWithSelector(AssayHub.ReportNotInBatch.selector, 1, 1));
        hub.settle(1, 1, report, noSiblings);
        hub.post(1, 1, leaf, 1, _signed(1, 1, leaf, 1));
        assertTrue(!hub.isSettledWith(report), "settled before it was");
        vm.expectEmit(true, true, true, true, address(hub));
        emit AssayHub.TaskSettled("task", 1, 1, leaf);
        hub.settle(1, 1, report, noSiblings);
        assertEq(hub.settledLeaf("task"), leaf, "settled leaf");
        assertTrue(hub.isSettledWith(report), "settled with the report");

        AssayHub.Report memory other = AssayHub.Report("task", "policy", hex"0103");
        leaf = hub.reportLeaf(other);
        hub.post(1, 2, leaf, 1, _signed(1, 2, leaf, 1));
        vm.expectRevert(abi.encodeWithSelector(AssayHub.AlreadySettled.selector, bytes32("task")));
        hub.settle(1, 2, other, noSiblings);
        assertTrue(!hub.isSettledWith(other), "settled with another report");
    }

    /// @dev A report is proved by its own proof, and not once anything about it is changed.
    function testFuzz_onlyTheReportItself(bytes32 taskId, bytes32 policyDigest, bytes memory results, bytes32 sibling)
        public
    {
        AssayHub.Report memory report = AssayHub.Report(taskId, policyDigest, results);
        bytes32[] memory proof = new bytes32[](1);
        proof[0] = sibling;
        bytes32 root = MerkleProof.processProof(proof, hub.reportLeaf(report));
        hub.post(1, 1, root, 2, _signed(1, 1, root, 2));
        assertTrue(hub.verifyReport(1, 1, report, proof), "the report");
        report.taskId = ~taskId;
        assertTrue(!hub.verifyReport(1, 1, report, proof), "another task");
        report = AssayHub.Report(taskId, ~policyDigest, results);
        assertTrue(!hub.verifyReport(1, 1, report, proof), "another policy");
        report = AssayHub.Report(taskId, policyDigest, bytes.concat(results, hex"00"));
        assertTrue(!hub.verifyReport(1, 1, report, proof), "other results");
        report = AssayHub.Report(taskId, policyDigest, results);
        proof[0] = ~sibling;
        assertTrue(!hub.verifyReport(1, 1, report, proof), "another proof");
    }

    /// @dev What was signed is taken, for any values, and nothing that differs from it.
    function testFuzz_signedBatchIsTaken(uint64 sequence, bytes32 root, uint32 count) public {
        vm.assume(root != 0 && count != 0);
        bytes memory certificate = _signed(1, sequence, root, count);
        _refused(1, sequence ^ 1, root, count, certificate);
        hub.post(1, sequence, root, count, certificate);
        _holds(sequence, root);
        assertEq(hub.highestSequence(1), sequence, "highest sequence");
    }

    /// @dev A certificate of everybody for a batch.
    function _signed(uint64 epoch, uint64 sequence, bytes32 root, uint32 count) private view returns (bytes memory) {
        return _certificate(keys, hub.cosignatureDigest(epoch, sequence, root, count));
    }

    /// @dev Expects a certificate that was made for something else to be refused. Over another digest its signatures
    /// recover to strangers, or to nobody.
    function _refused(uint64 epoch, uint64 sequence, bytes32 root, uint32 count, bytes memory certificate) private {
        try hub.post(epoch, sequence, root, count, certificate) {
            revert("a certificate for something else was taken");
        } catch (bytes memory reason) {
            assertTrue(bytes4(reason) == IQuorumErrors.InvalidSignature.selector, "refused for another reason");
        }
        assertTrue(!hub.isPosted(epoch, sequence), "refused and yet posted");
    }

    /// @dev Expects the hub to hold just this root in epoch 1.
    function _holds(uint64 sequence, bytes32 root) private view {
        assertEq(hub.rootOf(1, sequence), root, "root");
    }
}
