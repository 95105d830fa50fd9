// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AcceptedWorkPayment} from "./AcceptedWorkPayment.sol";
import {AssayHub} from "@assay/contracts/solidity/AssayHub.sol";
import {StakeToken} from "@assay/contracts/solidity/StakeToken.sol";
import {AssayTest} from "@assay/contracts/test/Assay.sol";

/// @notice The example consumer: the miner is paid when accepted, and in no other case.
contract AcceptedWorkPaymentTest is AssayTest {
    bytes32 private constant TASK = keccak256("task");
    bytes32 private constant POLICY = keccak256("policy");
    address private constant ACCEPTED = address(0xa1);
    address private constant REJECTED = address(0xa2);
    address private constant ABSTAINED = address(0xa3);

    uint256[] private keys;
    StakeToken private token;
    AcceptedWorkPayment private payments;
    AssayHub.Report private report;

    function setUp() public {
        _deploy();
        keys = _keys(3);
        _startEpoch(_members(keys, 1), POLICIES);
        token = new StakeToken(address(this), 1_000);
        payments = new AcceptedWorkPayment(hub, token);
        token.approve(address(payments), type(uint256).max);
        bytes memory results = bytes.concat(_result(ACCEPTED, 1), _result(REJECTED, 2), _result(ABSTAINED, 0));
        report = AssayHub.Report(TASK, POLICY, results);
    }

    function test_acceptedMinerIsPaidOnce() public {
        payments.offer(TASK, ACCEPTED, POLICY, 100, uint48(START + 1));
        vm.expectRevert(abi.encodeWithSelector(AcceptedWorkPayment.PaymentKnown.selector, TASK));
        payments.offer(TASK, ACCEPTED, POLICY, 100, uint48(START + 1));
        vm.expectRevert(abi.encodeWithSelector(AcceptedWorkPayment.NotTheReport.selector, TASK));
        payments.pay(address(this), report);
        _settle();
        vm.expectRevert(abi.encodeWithSelector(AcceptedWorkPayment.NotRefundable.selector, TASK));
        payments.refundAfterVerdict(address(this), report);
        vm.warp(START + 1);
        vm.expectRevert(abi.encodeWithSelector(AcceptedWorkPayment.NotRefundable.selector, TASK));
        payments.refundUnjudged(TASK);
        payments.pay(address(this), report);
        assertEq(token.balanceOf(ACCEPTED), 100, "what the miner has");
        vm.expectRevert(abi.encodeWithSelector(AcceptedWorkPayment.NoPayment.selector, TASK, address(this)));
        payments.pay(address(this), report);
    }

    function test_everybodyElseIsNotPaid() public {
        address[3] memory miners = [REJECTED, ABSTAINED, address(0xa4)];
        _settle();
        for (uint160 i = 0; i < miners.length; ++i) {
            address payer = address(0xb0 + i);
            _offerFrom(payer, miners[i], POLICY);
            vm.expectRevert(abi.encodeWithSelector(AcceptedWorkPayment.NotAccepted.selector, TASK));
            payments.pay(payer, report);
            payments.refundAfterVerdict(payer, report);
            assertEq(token.balanceOf(payer), 100, "what the payer has back");
            assertEq(token.balanceOf(miners[i]), 0, "what the miner has");
        }
    }

    function test_verdictByAnotherPolicyDoesNotPay() public {
        _settle();
        _offerFrom(address(0xb0), ACCEPTED, "another policy");
        vm.expectRevert(abi.encodeWithSelector(AcceptedWorkPayment.NotAccepted.selector, TASK));
        payments.pay(address(0xb0), report);
        payments.refundAfterVerdict(address(0xb0), report);
    }

    function test_reportThatWasNotSettledDoesNotPay() public {
        _settle();
        payments.offer(TASK, REJECTED, POLICY, 100, 0);
        AssayHub.Report memory forged = AssayHub.Report(TASK, POLICY, _result(REJECTED, 1));
        vm.expectRevert(abi.encodeWithSelector(AcceptedWorkPayment.NotTheReport.selector, TASK));
        payments.pay(address(this), forged);
    }

    function test_unjudgedTaskIsRefundedInTime() public {
        payments.offer(TASK, ACCEPTED, POLICY, 100, uint48(START + 10));
        vm.expectRevert(abi.encodeWithSelector(AcceptedWorkPayment.NotRefundable.selector, TASK));
        payments.refundUnjudged(TASK);
        vm.warp(START + 10);
        payments.refundUnjudged(TASK);
        assertEq(token.balanceOf(address(this)), 1_000, "what the payer has");
        assertEq(payments.paymentOf(TASK, address(this)).amount, 0, "what is left of the payment");
    }

    function test_questionPaysWhoWasOfferedBeforeTheFirstAnswer() public {
        bytes32 question = keccak256("question");
        bytes32 answers = keccak256("answers");
        payments.offer(question, ACCEPTED, POLICY, 100, uint48(START + 1));
        _offerFrom(address(0xb0), question, REJECTED);
        report.taskId = payments.taskOf(question, answers);
        _settle();
        vm.expectRevert(abi.encodeWithSelector(AcceptedWorkPayment.NotTheQuestion.selector, question));
        payments.payForQuestion(address(this), question, keccak256("other answers"), report);
        vm.expectRevert(abi.encodeWithSelector(AcceptedWorkPayment.NotAccepted.selector, question));
        payments.payForQuestion(address(0xb0), question, answers, report);
        payments.payForQuestion(address(this), question, answers, report);
        assertEq(token.balanceOf(ACCEPTED), 100, "what the miner has");
        vm.expectRevert(
            abi.encodeWithSelector(AcceptedWorkPayment.NoPayment.selector, question, address(this))
        );
        payments.payForQuestion(address(this), question, answers, report);
    }

    function test_questionIsRefundedByTimeAlone() public {
        bytes32 question = keccak256("question");
        payments.offer(question, ACCEPTED, POLICY, 100, uint48(START + 10));
        // The sealer may have sealed a set without the miner as well: that must not give the payment back early.
        report.taskId = payments.taskOf(question, keccak256("a set without the miner"));
        report.results = _result(REJECTED, 2);
        _settle();
        bytes32 task = report.taskId;
        vm.expectRevert(abi.encodeWithSelector(AcceptedWorkPayment.NoPayment.selector, task, address(this)));
        payments.refundAfterVerdict(address(this), report);
        vm.expectRevert(abi.encodeWithSelector(AcceptedWorkPayment.NotRefundable.selector, question));
        payments.refundUnjudged(question);
        vm.warp(START + 10);
        payments.refundUnjudged(question);
        assertEq(token.balanceOf(address(this)), 1_000, "what the payer has");
    }

    function test_offerToEveryoneIsSharedByTheAccepted() public {
        address second = address(0xa9);
        bytes memory named = abi.encodePacked(keccak256("a-name"), uint8(1), uint16(1), uint16(2), uint16(3));
        report.results = bytes.concat(_result(ACCEPTED, 1), _result(REJECTED, 2), _result(second, 1), named);
        payments.offer(TASK, address(0), POLICY, 101, uint48(START + 1));
        _settle();
        payments.pay(address(this), report);
        assertEq(token.balanceOf(ACCEPTED), 50, "the share of the first");
        assertEq(token.balanceOf(second), 50, "the share of the second");
        assertEq(token.balanceOf(address(this)), 900, "what cannot be shared is back");
        assertEq(token.balanceOf(address(payments)), 0, "what is left");
    }

    function test_taskOfQuestionIsThatOfTheVector() public view {
        string memory json = vm.readFile("../../test/vectors/question.json");
        bytes32 task = payments.taskOf(
            vm.parseJsonBytes32(json, ".questionId"), vm.parseJsonBytes32(json, ".submissionsDigest")
        );
        assertEq(task, vm.parseJsonBytes32(json, ".taskId"), "task id");
    }

    /// @dev Posts and settles the report.
    function _settle() private {
        bytes32 leaf = hub.reportLeaf(report);
        hub.post(1, 1, leaf, 1, _certificate(keys, hub.cosignatureDigest(1, 1, leaf, 1)));
        hub.settle(1, 1, report, new bytes32[](0));
    }

    /// @dev Pays in 100 from an account of its own.
    function _offerFrom(address payer, address miner, bytes32 policy) private {
        _offerFrom(payer, TASK, miner, policy);
    }

    /// @dev The same for a question.
    function _offerFrom(address payer, bytes32 question, address miner) private {
        _offerFrom(payer, question, miner, POLICY);
    }

    function _offerFrom(address payer, bytes32 id, address miner, bytes32 policy) private {
        token.transfer(payer, 100);
        vm.prank(payer);
        token.approve(address(payments), 100);
        vm.prank(payer);
        payments.offer(id, miner, policy, 100, 0);
    }

    /// @dev One packed result.
    function _result(address miner, uint8 verdict) private pure returns (bytes memory) {
        return abi.encodePacked(bytes32(uint256(uint160(miner))), verdict, uint16(1), uint16(2), uint16(3));
    }
}
