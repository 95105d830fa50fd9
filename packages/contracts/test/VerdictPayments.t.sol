// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAssayHub} from "@assay/hub-interface/solidity/IAssayHub.sol";
import {AssayHub} from "../solidity/AssayHub.sol";
import {PaymentVault} from "../solidity/payments/PaymentVault.sol";
import {TrialDollar} from "../solidity/payments/TrialDollar.sol";
import {VerdictPayments} from "../solidity/payments/VerdictPayments.sol";
import {AssayTest} from "./Assay.sol";

/// @notice Payments by verdict: the accepted miner is paid and nobody else, and what was not earned stays or goes back.
contract VerdictPaymentsTest is AssayTest {
    bytes private constant QUESTION = "assay task v1\n{\"prompt\":\"q\",\"submissions\":[";
    bytes private constant TASK = "assay task v1\n{\"prompt\":\"q\",\"submissions\":[1]}";
    bytes32 private constant POLICY = keccak256("policy");
    address private constant FIRST = address(0xa1);
    address private constant BETTER = address(0xa2);
    address private constant REJECTED = address(0xa3);
    address private constant OPERATORS = address(0xf0);
    uint256 private constant PAYER_KEY = 0xbeef;
    uint16 private constant NO_SCORE = 0xffff;

    uint256[] private keys;
    TrialDollar private token;
    VerdictPayments private payments;
    VerdictPayments.Terms private terms;
    VerdictPayments.Judged private judged;
    address private payer;
    uint64 private sequence;

    function setUp() public {
        _deploy();
        keys = _keys(3);
        _startEpoch(_members(keys, 1), POLICIES);
        payer = vm.addr(PAYER_KEY);
        token = new TrialDollar(payer, 1_000_000);
        payments = new VerdictPayments(IAssayHub(address(hub)), token);
        terms = VerdictPayments.Terms({
            question: keccak256(QUESTION),
            policyDigest: POLICY,
            collector: address(this),
            payer: payer,
            feeReceiver: OPERATORS,
            amount: 1_000,
            feeBasisPoints: 500,
            refundableFrom: uint48(START + 100)
        });
        _judge(
            bytes.concat(
                _result(bytes32(uint256(uint160(REJECTED))), 2, 10_000),
                _result(bytes32(uint256(uint160(FIRST))), 1, 8_000),
                _result(bytes32(uint256(uint160(BETTER))), 1, 9_000),
                _result("a name", 1, 10_000)
            )
        );
    }

    function test_bestAcceptedMinerIsPaidLessTheFee() public {
        payments.collect(terms, _authorization(1_000, 1), judged);
        assertEq(token.balanceOf(BETTER), 950, "what the miner has");
        assertEq(token.balanceOf(OPERATORS), 50, "what the operators have");
        assertEq(token.balanceOf(payer), 999_000, "what the payer has left");
        assertTrue(payments.hub().isSettledWith(judged.report), "the report is settled");
        VerdictPayments.Authorization memory used = _authorization(1_000, 1);
        vm.expectRevert(abi.encodeWithSelector(VerdictPayments.TooLittlePaid.selector, 0, 1_000));
        payments.collect(terms, used, judged);
        payments.collect(terms, _authorization(1_000, 2), judged);
        assertEq(token.balanceOf(BETTER), 1_900, "what the miner has after a second payment");
    }

    function test_nothingAcceptedTakesNothing() public {
        _judge(bytes.concat(_result(bytes32(uint256(uint160(FIRST))), 2, 1), _result("a name", 1, 1)));
        VerdictPayments.Authorization memory signed = _authorization(1_000, 1);
        vm.expectRevert(abi.encodeWithSelector(VerdictPayments.NothingAccepted.selector, keccak256(TASK)));
        payments.collect(terms, signed, judged);
        assertEq(token.balanceOf(payer), 1_000_000, "what the payer has");
    }

    function test_anotherQuestionPolicyOrReportDoesNotPay() public {
        VerdictPayments.Authorization memory signed = _authorization(1_000, 1);
        bytes memory another = abi.encodeWithSelector(VerdictPayments.AnotherQuestion.selector, keccak256(TASK));
        judged.questionLength -= 1;
        vm.expectRevert(another);
        payments.collect(terms, signed, judged);
        judged.questionLength += 1;
        judged.task = "assay task v1\n{\"prompt\":\"q\",\"submissions\":[2]}";
        vm.expectRevert(another);
        payments.collect(terms, signed, judged);
        judged.task = TASK;
        judged.report.policyDigest = "another";
        vm.expectRevert(another);
        payments.collect(terms, signed, judged);
        judged.report.policyDigest = POLICY;
        judged.report.results = _result(bytes32(uint256(uint160(FIRST))), 1, 1);
        vm.expectRevert(abi.encodeWithSelector(AssayHub.ReportNotInBatch.selector, 1, sequence));
        payments.collect(terms, signed, judged);
    }

    function test_changedTermsAreAnotherAddress() public {
        VerdictPayments.Authorization memory signed = _authorization(1_000, 1);
        terms.feeReceiver = address(this);
        vm.expectRevert(abi.encodeWithSelector(TrialDollar.NotTheSigner.selector, payer));
        payments.collect(terms, signed, judged);
    }

    function test_onlyTheCollectorCollects() public {
        VerdictPayments.Authorization memory signed = _authorization(1_000, 1);
        vm.prank(FIRST);
        vm.expectRevert(abi.encodeWithSelector(VerdictPayments.NotTheCollector.selector, FIRST));
        payments.collect(terms, signed, judged);
    }

    function test_feeIsAtMostTheWhole() public {
        terms.feeBasisPoints = 10_001;
        VerdictPayments.Authorization memory signed = _authorization(1_000, 1);
        vm.expectRevert(abi.encodeWithSelector(VerdictPayments.FeeTooHigh.selector, 10_001));
        payments.collect(terms, signed, judged);
    }

    function test_tooLittleDoesNotPay() public {
        VerdictPayments.Authorization memory signed = _authorization(999, 1);
        vm.expectRevert(abi.encodeWithSelector(VerdictPayments.TooLittlePaid.selector, 999, 1_000));
        payments.collect(terms, signed, judged);
    }

    function test_authorizationSentBySomebodyElsePaysTheSame() public {
        VerdictPayments.Authorization memory signed = _authorization(1_000, 1);
        _send(signed);
        payments.collect(terms, signed, judged);
        assertEq(token.balanceOf(BETTER), 950, "what the miner has");
    }

    function test_whatCameTooEarlyGoesBackInTime() public {
        _send(_authorization(1_000, 1));
        vm.expectRevert(abi.encodeWithSelector(VerdictPayments.NotRefundable.selector, START + 100));
        payments.refund(terms);
        vm.warp(START + 100);
        vm.prank(REJECTED);
        payments.refund(terms);
        assertEq(token.balanceOf(payer), 1_000_000, "what the payer has");
        vm.expectRevert(abi.encodeWithSelector(VerdictPayments.TooLittlePaid.selector, 0, 1));
        payments.refund(terms);
        terms.payer = address(0);
        vm.expectRevert(abi.encodeWithSelector(VerdictPayments.NotRefundable.selector, START + 100));
        payments.refund(terms);
    }

    function test_vaultObeysNobodyElse() public {
        payments.collect(terms, _authorization(1_000, 1), judged);
        PaymentVault opened = PaymentVault(payments.addressOf(terms));
        vm.expectRevert(abi.encodeWithSelector(PaymentVault.NotThePayments.selector, address(this)));
        opened.send(token, address(this), 0);
    }

    function test_authorizationHoldsInItsTimeAndUntilCancelled() public {
        vm.warp(START + 50);
        VerdictPayments.Authorization memory signed = _authorization(1_000, 1);
        vm.expectRevert(abi.encodeWithSelector(TrialDollar.AuthorizationNotValidNow.selector, START - 1, START + 50));
        payments.collect(terms, signed, judged);
        vm.warp(START);
        bytes32 structHash = keccak256(abi.encode(token.CANCEL_AUTHORIZATION_TYPEHASH(), payer, signed.nonce));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(PAYER_KEY, _typed(structHash));
        token.cancelAuthorization(payer, signed.nonce, v, r, s);
        vm.expectRevert(abi.encodeWithSelector(VerdictPayments.TooLittlePaid.selector, 0, 1_000));
        payments.collect(terms, signed, judged);
    }

    /// @dev What the payer signs for the terms; it is valid from START to START + 50.
    function _authorization(uint256 value, uint256 nonce)
        private
        view
        returns (VerdictPayments.Authorization memory signed)
    {
        signed = VerdictPayments.Authorization(payer, value, START - 1, START + 50, bytes32(nonce), 0, 0, 0);
        bytes32 structHash = keccak256(
            abi.encode(
                token.TRANSFER_WITH_AUTHORIZATION_TYPEHASH(),
                payer,
                payments.addressOf(terms),
                value,
                START - 1,
                START + 50,
                bytes32(nonce)
            )
        );
        (signed.v, signed.r, signed.s) = vm.sign(PAYER_KEY, _typed(structHash));
    }

    /// @dev Sends an authorization past the contract.
    function _send(VerdictPayments.Authorization memory signed) private {
        token.transferWithAuthorization(
            payer,
            payments.addressOf(terms),
            signed.value,
            signed.validAfter,
            signed.validBefore,
            signed.nonce,
            signed.v,
            signed.r,
            signed.s
        );
    }

    /// @dev The EIP-712 digest at the token.
    function _typed(bytes32 structHash) private view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Trial dollar"),
                keccak256("1"),
                block.chainid,
                address(token)
            )
        );
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }

    /// @dev Certifies a report of the task with these results.
    function _judge(bytes memory results) private {
        IAssayHub.Report memory report = IAssayHub.Report(keccak256(TASK), POLICY, results);
        bytes32 leaf = payments.hub().reportLeaf(report);
        hub.post(1, ++sequence, leaf, 1, _certificate(keys, hub.cosignatureDigest(1, sequence, leaf, 1)));
        judged = VerdictPayments.Judged(1, sequence, report, new bytes32[](0), TASK, QUESTION.length);
    }

    /// @dev One packed result.
    function _result(bytes32 miner, uint8 verdict, uint16 score) private pure returns (bytes memory) {
        return abi.encodePacked(miner, verdict, score, NO_SCORE, score);
    }
}
