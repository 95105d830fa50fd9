// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Equivocation} from "../solidity/Equivocation.sol";
import {OperatorStakes} from "../solidity/OperatorStakes.sol";
import {Slashing} from "../solidity/Slashing.sol";
import {EvidenceMaker} from "./Evidence.sol";

/// @notice Slashing: which two observations take stake, whose, how much, when, and that nothing else does.
contract SlashingTest is EvidenceMaker {
    address private constant REPORTER = address(0x2e70);

    uint256[] private keys;
    address private operator;

    function setUp() public {
        _deployNetwork();
        keys = _keys(4);
        for (uint256 i = 0; i < keys.length; ++i) {
            _join(keys[i], 1_000);
        }
        operator = vm.addr(keys[1]);
        _announceRule();
        registry.startEpoch();
    }

    function test_aFlagThatVotesOtherwiseIsSlashed() public {
        bytes32 caseId = _report(_evidence(_measured(9_000, 0), _measured(9_000, 8)));
        Slashing.Case memory entry = slashing.caseOf(caseId);
        assertEq(entry.operator, operator, "operator");
        assertEq(entry.reporter, REPORTER, "reporter");
        vm.warp(START + DISPUTE - 1);
        vm.expectRevert(abi.encodeWithSelector(Slashing.CaseTooYoung.selector, START + DISPUTE));
        slashing.execute(caseId);
        vm.warp(START + DISPUTE);
        slashing.execute(caseId);
        assertEq(registry.operatorOf(operator).stake, 900, "what is left of the stake");
        assertEq(token.balanceOf(REPORTER), 30, "the reporter's part");
        assertEq(token.balanceOf(TREASURY), 70, "the treasury's part");
    }

    function test_scoresThatVoteOtherwiseAndAreFurtherApartThanTheToleranceAreSlashed() public {
        _report(_evidence(_measured(6_000, 0), _measured(6_000 - TOLERANCE - 1, 0)));
        _report(_evidenceOf(2, "other task", _measured(1_000, 16), _measured(9_051, 32)));
    }

    /// @dev What an accident may make: scores of one vote, scores at the border, flags that only inform.
    function test_theSameVotesAreNoEquivocation() public {
        _refuse(_measured(9_000, 0), _measured(6_000, 0));
        _refuse(_measured(5_990, 0), _measured(6_010, 0));
        _refuse(_measured(9_000, 16), _measured(9_000, 32));
        _refuse(_measured(9_000, 2), _measured(9_000, 8));
    }

    /// @dev A store that lost content for one of two replicas changes scores and votes of all submissions.
    function test_missingContentIsNoEquivocation() public {
        bytes memory whole = bytes.concat(_measured(9_000, 0), _measured(9_000, 0));
        _refuse(whole, bytes.concat(_measured(0, 1), _measured(0, 0)));
        _refuse(bytes.concat(_measured(0, 0), _measured(0, 1)), whole);
    }

    /// @dev What a replica on another processor may come to: the same flags, and scores up to the tolerance apart.
    function testFuzz_honestRepeatIsNotSlashable(uint16 score, uint16 apart, uint32 flags, uint8 submissions) public {
        score = score % 9_950;
        bytes memory first;
        bytes memory second;
        for (uint256 i = 0; i < submissions % 33; ++i) {
            first = bytes.concat(first, _measured(score, flags));
            second = bytes.concat(second, _measured(score + uint16((apart + i) % (TOLERANCE + 1)), flags));
        }
        bytes memory evidence = _evidence(first, second);
        vm.expectRevert(abi.encodeWithSelector(Equivocation.NoEquivocation.selector));
        slashing.report(evidence);
        evidence = _evidence(second, first);
        vm.expectRevert(abi.encodeWithSelector(Equivocation.NoEquivocation.selector));
        slashing.report(evidence);
    }

    function test_onceForATaskAndRole() public {
        bytes32 caseId = _report(_evidence(_measured(9_000, 0), _measured(9_000, 8)));
        bytes memory again = _evidence(_measured(9_000, 0), _measured(9_000, 4));
        bytes memory known = abi.encodeWithSelector(Slashing.CaseKnown.selector, caseId);
        vm.expectRevert(known);
        slashing.report(again);
        vm.warp(START + DISPUTE);
        slashing.execute(caseId);
        vm.expectRevert(known);
        slashing.report(again);
        vm.expectRevert(abi.encodeWithSelector(Slashing.CaseNotOpen.selector, caseId));
        slashing.execute(caseId);
    }

    function test_arbiterSparesInTheWindowOnly() public {
        bytes32 caseId = _report(_evidence(_measured(9_000, 0), _measured(9_000, 8)));
        vm.expectRevert(abi.encodeWithSelector(Slashing.NotTheArbiter.selector, address(this)));
        slashing.dismiss(caseId);
        vm.prank(ARBITER);
        slashing.dismiss(caseId);
        assertEq(registry.operatorOf(operator).openCases, 0, "open cases after dismissal");
        vm.warp(START + DISPUTE);
        vm.expectRevert(abi.encodeWithSelector(Slashing.CaseNotOpen.selector, caseId));
        slashing.execute(caseId);
        caseId = _report(_evidenceOf(1, "other task", _measured(9_000, 0), _measured(9_000, 8)));
        vm.warp(START + 2 * DISPUTE);
        vm.expectRevert(abi.encodeWithSelector(Slashing.CaseTooOld.selector, START + 2 * DISPUTE));
        vm.prank(ARBITER);
        slashing.dismiss(caseId);
    }

    function test_stakeIsHeldWhileACaseWaits() public {
        registry.resign(operator);
        vm.warp(START + EPOCH);
        registry.startEpoch();
        vm.warp(START + EPOCH + UNBONDING - 1);
        bytes32 caseId = _report(_evidence(_measured(9_000, 0), _measured(9_000, 8)));
        vm.warp(START + EPOCH + UNBONDING);
        vm.expectRevert(abi.encodeWithSelector(OperatorStakes.StakeBound.selector, operator));
        registry.withdraw(operator);
        vm.warp(START + EPOCH + UNBONDING + DISPUTE);
        slashing.execute(caseId);
        uint256 before = token.balanceOf(address(this));
        registry.withdraw(operator);
        assertEq(token.balanceOf(address(this)) - before, 900, "what came back");
        bytes memory other = _evidenceOf(1, "other task", _measured(9_000, 0), _measured(9_000, 8));
        vm.expectRevert(abi.encodeWithSelector(Slashing.NothingAtStake.selector, operator));
        slashing.report(other);
    }

    function test_toleranceThatThePolicyDoesNotStateIsRefused() public {
        bytes memory evidence = _evidence(_measured(6_000, 0), _measured(5_990, 0));
        evidence[105] = 0x00;
        evidence[106] = 0x01;
        vm.expectRevert(abi.encodeWithSelector(Slashing.WrongVoteRule.selector, 1));
        slashing.report(evidence);
    }

    function test_observationsOfTwoOperatorsAreRefused() public {
        bytes memory evidence = _signedBy(keys[1], keys[2], 1, TASK, _measured(9_000, 0), _measured(9_000, 8));
        bytes memory reason =
            abi.encodeWithSelector(Slashing.NotOneSigner.selector, vm.addr(keys[1]), vm.addr(keys[2]));
        vm.expectRevert(reason);
        slashing.report(evidence);
    }

    function test_signerThatIsNoMemberIsRefused() public {
        uint256 stranger = uint256(keccak256("stranger"));
        bytes memory evidence = _signedBy(stranger, stranger, 1, TASK, _measured(9_000, 0), _measured(9_000, 8));
        vm.expectRevert(abi.encodeWithSelector(Slashing.NotAMember.selector, 1, vm.addr(stranger)));
        slashing.report(evidence);
    }

    /// @dev Every single bit of evidence counts: changed, it proves nothing against the operator.
    function testFuzz_flippedBitProvesNothing(uint256 bit) public {
        bytes memory evidence = _evidence(_measured(9_000, 0), _measured(5_000, 0));
        bit %= evidence.length * 8;
        evidence[bit / 8] ^= bytes1(uint8(1 << (bit % 8)));
        vm.expectRevert();
        slashing.report(evidence);
    }

    function test_largestEvidenceIsBelowAKibibyte() public {
        bytes memory first;
        for (uint256 i = 0; i < 31; ++i) {
            first = bytes.concat(first, _measured(9_000, 0));
        }
        for (uint256 i = 0; i < 6; ++i) {
            proof.push(keccak256(abi.encode(i)));
        }
        registry.announcePolicies(_policiesDigest(METHOD, RULE));
        uint64 epoch = _nextEpoch();
        bytes memory evidence = _signedBy(
            keys[1],
            keys[1],
            epoch,
            TASK,
            bytes.concat(first, _measured(9_000, 0)),
            bytes.concat(first, _measured(9_000, 8))
        );
        assertTrue(abi.encodeCall(Slashing.report, (evidence)).length < 1_024, "evidence of a kibibyte");
        _report(evidence);
    }

    /// @dev Reports, and expects that it proves nothing.
    function _refuse(bytes memory first, bytes memory second) private {
        bytes memory evidence = _evidence(first, second);
        vm.expectRevert(abi.encodeWithSelector(Equivocation.NoEquivocation.selector));
        slashing.report(evidence);
    }

    /// @dev Reports, and expects a case.
    function _report(bytes memory evidence) private returns (bytes32) {
        vm.prank(REPORTER);
        return slashing.report(evidence);
    }

    /// @dev Evidence of the operator in epoch 1.
    function _evidence(bytes memory first, bytes memory second) private view returns (bytes memory) {
        return _evidenceOf(1, TASK, first, second);
    }

    /// @dev Evidence of one of the operators in epoch 1.
    function _evidenceOf(uint256 index, bytes32 taskId, bytes memory first, bytes memory second)
        private
        view
        returns (bytes memory)
    {
        return _signedBy(keys[index], keys[index], 1, taskId, first, second);
    }
}
