// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {AssayHub} from "@assay/contracts/solidity/AssayHub.sol";
import {ReportResults, Result, Verdict} from "@assay/hub-interface/solidity/ReportResults.sol";

/// @title AcceptedWorkPayment
/// @notice An example of a contract that acts on verdicts: it keeps a user's payment for a task and hands it to the
/// miner only when the task was settled with a report that accepts the miner's answer; else the user gets it back.
contract AcceptedWorkPayment {
    using SafeERC20 for IERC20;

    /// @notice A payment that waits for a verdict.
    /// @param payer Who paid it in, and gets it back.
    /// @param amount How much it is; 0 once it is out.
    /// @param refundableFrom From then on the payer gets it back where there is no report.
    /// @param miner Whom it is for.
    /// @param policyDigest The policy that the task must have been judged by.
    struct Payment {
        address payer;
        uint96 amount;
        uint48 refundableFrom;
        address miner;
        bytes32 policyDigest;
    }

    /// @notice Who says what was accepted.
    AssayHub public immutable hub;

    /// @notice What is paid.
    IERC20 public immutable token;

    mapping(bytes32 taskId => mapping(address payer => Payment)) private _payments;

    /// @notice A payment waits.
    event PaymentOffered(bytes32 indexed taskId, address indexed payer, address indexed miner, uint96 amount);

    /// @notice A payment is out: to the miner, or back.
    event PaymentMade(bytes32 indexed taskId, address indexed payer, address indexed receiver, uint96 amount);

    /// @notice The caller has a payment for this task already.
    error PaymentKnown(bytes32 taskId);

    /// @notice There is no such payment, or it is out.
    error NoPayment(bytes32 taskId, address payer);

    /// @notice The task was not settled with this report.
    error NotTheReport(bytes32 taskId);

    /// @notice The report does not accept the miner's answer by the policy that the payer wants.
    error NotAccepted(bytes32 taskId);

    /// @notice The payer must wait: the time is not over, or a report is there that may accept.
    error NotRefundable(bytes32 taskId);

    constructor(AssayHub hub_, IERC20 token_) {
        hub = hub_;
        token = token_;
    }

    /// @notice Pays in for a task. The caller must have approved `amount`.
    function offer(bytes32 taskId, address miner, bytes32 policyDigest, uint96 amount, uint48 refundableFrom) external {
        if (_payments[taskId][msg.sender].payer != address(0)) revert PaymentKnown(taskId);
        _payments[taskId][msg.sender] = Payment(msg.sender, amount, refundableFrom, miner, policyDigest);
        emit PaymentOffered(taskId, msg.sender, miner, amount);
        token.safeTransferFrom(msg.sender, address(this), amount);
    }

    /// @notice Pays the miner whose answer the settled report accepts. Anyone may call it.
    function pay(address payer, AssayHub.Report calldata report) external {
        Payment memory payment = _open(report.taskId, payer);
        if (!_isAccepted(payment, report)) revert NotAccepted(report.taskId);
        _out(report.taskId, payer, payment.miner, payment.amount);
    }

    /// @notice Pays back what a settled report does not accept. Anyone may call it.
    function refundAfterVerdict(address payer, AssayHub.Report calldata report) external {
        Payment memory payment = _open(report.taskId, payer);
        if (_isAccepted(payment, report)) revert NotRefundable(report.taskId);
        _out(report.taskId, payer, payer, payment.amount);
    }

    /// @notice Pays back where no report came in time.
    function refundUnjudged(bytes32 taskId) external {
        Payment memory payment = _open(taskId, msg.sender);
        if (block.timestamp < payment.refundableFrom || hub.settledLeaf(taskId) != 0) revert NotRefundable(taskId);
        _out(taskId, msg.sender, msg.sender, payment.amount);
    }

    /// @notice A payment; `amount` is 0 once it is out.
    function paymentOf(bytes32 taskId, address payer) external view returns (Payment memory) {
        return _payments[taskId][payer];
    }

    /// @dev A payment that is not out.
    function _open(bytes32 taskId, address payer) private view returns (Payment memory payment) {
        payment = _payments[taskId][payer];
        if (payment.amount == 0) revert NoPayment(taskId, payer);
    }

    /// @dev Whether the settled report accepts an answer of the payment's miner by the payment's policy.
    function _isAccepted(Payment memory payment, AssayHub.Report calldata report) private view returns (bool) {
        if (!hub.isSettledWith(report)) revert NotTheReport(report.taskId);
        if (report.policyDigest != payment.policyDigest) return false;
        uint256 count = ReportResults.count(report.results);
        for (uint256 i = 0; i < count; ++i) {
            Result memory result = ReportResults.resultAt(report.results, i);
            if (result.miner != bytes32(uint256(uint160(payment.miner)))) continue;
            if (result.verdict == Verdict.Accept) return true;
        }
        return false;
    }

    /// @dev Hands the payment out, once.
    function _out(bytes32 taskId, address payer, address receiver, uint96 amount) private {
        _payments[taskId][payer].amount = 0;
        emit PaymentMade(taskId, payer, receiver, amount);
        token.safeTransfer(receiver, amount);
    }
}
