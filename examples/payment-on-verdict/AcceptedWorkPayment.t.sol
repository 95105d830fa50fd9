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

    /// @dev Posts and settles the report.
    function _settle() private {
        bytes32 leaf = hub.reportLeaf(report);
        hub.post(1, 1, leaf, 1, _certificate(keys, hub.cosignatureDigest(1, 1, leaf, 1)));
        hub.settle(1, 1, report, new bytes32[](0));
    }

    /// @dev Pays in 100 from an account of its own.
    function _offerFrom(address payer, address miner, bytes32 policy) private {
        token.transfer(payer, 100);
        vm.prank(payer);
        token.approve(address(payments), 100);
        vm.prank(payer);
        payments.offer(TASK, miner, policy, 100, 0);
    }

    /// @dev One packed result.
    function _result(address miner, uint8 verdict) private pure returns (bytes memory) {
        return abi.encodePacked(bytes32(uint256(uint160(miner))), verdict, uint16(1), uint16(2), uint16(3));
    }
}
