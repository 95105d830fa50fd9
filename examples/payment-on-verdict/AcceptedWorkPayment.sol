// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {AssayHub} from "@assay/contracts/solidity/AssayHub.sol";
import {ReportResults, Result, Verdict} from "@assay/hub-interface/solidity/ReportResults.sol";

/// @title AcceptedWorkPayment
/// @notice An example of a contract that acts on verdicts: it keeps a user's payment for a task and hands it to the
/// miner only when the task was settled with a report that accepts the miner's answer; else the user gets it back.
///
/// A task that begins with its question is named by the question's id, before anyone has answered. Its own id is known
/// when the answers are sealed: it is the hash of both. A payment for a question is refunded when its time is over and in
/// no other way, because whoever seals could seal a second set; so a miner is paid before that time.
contract AcceptedWorkPayment {
    using SafeERC20 for IERC20;

    /// @notice A payment that waits for a verdict.
    /// @param payer Who paid it in, and gets it back.
    /// @param amount How much it is; 0 once it is out.
    /// @param refundableFrom From then on the payer gets it back where there is no report.
    /// @param miner Whom it is for; 0: everyone whose answer is accepted, in equal shares.
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

    /// @dev By the id of a task or of a question.
    mapping(bytes32 id => mapping(address payer => Payment)) private _payments;

    /// @notice A payment waits.
    event PaymentOffered(bytes32 indexed id, address indexed payer, address indexed miner, uint96 amount);

    /// @notice A payment, or a share of it, is out: to a miner, or back.
    event PaymentMade(bytes32 indexed id, address indexed payer, address indexed receiver, uint96 amount);

    /// @notice The caller has a payment for this task or question already.
    error PaymentKnown(bytes32 id);

    /// @notice There is no such payment, or it is out.
    error NoPayment(bytes32 id, address payer);

    /// @notice The task was not settled with this report.
    error NotTheReport(bytes32 taskId);

    /// @notice The report is of another task than that of the question with these answers.
    error NotTheQuestion(bytes32 questionId);

    /// @notice The report does not accept the miner's answer by the policy that the payer wants.
    error NotAccepted(bytes32 taskId);

    /// @notice The payer must wait: the time is not over, or a report is there that may accept.
    error NotRefundable(bytes32 taskId);

    constructor(AssayHub hub_, IERC20 token_) {
        hub = hub_;
        token = token_;
    }

    /// @notice Pays in for a task, or for a question that nobody needs to have answered yet. The caller must have approved
    /// `amount`.
    function offer(bytes32 id, address miner, bytes32 policyDigest, uint96 amount, uint48 refundableFrom) external {
        if (_payments[id][msg.sender].payer != address(0)) revert PaymentKnown(id);
        _payments[id][msg.sender] = Payment(msg.sender, amount, refundableFrom, miner, policyDigest);
        emit PaymentOffered(id, msg.sender, miner, amount);
        token.safeTransferFrom(msg.sender, address(this), amount);
    }

    /// @notice Pays the miner whose answer the settled report accepts. Anyone may call it.
    function pay(address payer, AssayHub.Report calldata report) external {
        _pay(report.taskId, payer, report);
    }

    /// @notice The same for a payment by question. `submissionsDigest` is that of the sealed answers.
    function payForQuestion(
        address payer,
        bytes32 questionId,
        bytes32 submissionsDigest,
        AssayHub.Report calldata report
    ) external {
        if (report.taskId != taskOf(questionId, submissionsDigest)) revert NotTheQuestion(questionId);
        _pay(questionId, payer, report);
    }

    /// @notice Pays back what a settled report does not accept. Anyone may call it.
    function refundAfterVerdict(address payer, AssayHub.Report calldata report) external {
        Payment memory payment = _open(report.taskId, payer);
        if (_accepted(payment, report).length != 0) revert NotRefundable(report.taskId);
        _payments[report.taskId][payer].amount = 0;
        _out(report.taskId, payer, payer, payment.amount);
    }

    /// @notice Pays back where no report came in time, and what nobody was paid for a question in time.
    function refundUnjudged(bytes32 id) external {
        Payment memory payment = _open(id, msg.sender);
        if (block.timestamp < payment.refundableFrom || hub.settledLeaf(id) != 0) revert NotRefundable(id);
        _payments[id][msg.sender].amount = 0;
        _out(id, msg.sender, msg.sender, payment.amount);
    }

    /// @notice A payment; `amount` is 0 once it is out.
    function paymentOf(bytes32 id, address payer) external view returns (Payment memory) {
        return _payments[id][payer];
    }

    /// @notice The task that a question becomes with these answers.
    function taskOf(bytes32 questionId, bytes32 submissionsDigest) public pure returns (bytes32) {
        return keccak256(abi.encode(questionId, submissionsDigest));
    }

    /// @dev A payment that is not out.
    function _open(bytes32 id, address payer) private view returns (Payment memory payment) {
        payment = _payments[id][payer];
        if (payment.amount == 0) revert NoPayment(id, payer);
    }

    /// @dev Pays the miners whose answers the settled report accepts, once. What cannot be shared goes back.
    function _pay(bytes32 id, address payer, AssayHub.Report calldata report) private {
        Payment memory payment = _open(id, payer);
        address[] memory miners = _accepted(payment, report);
        if (miners.length == 0) revert NotAccepted(id);
        _payments[id][payer].amount = 0;
        uint96 share = payment.amount / uint96(miners.length);
        for (uint256 i = 0; i < miners.length; ++i) {
            _out(id, payer, miners[i], share);
        }
        uint96 rest = payment.amount - share * uint96(miners.length);
        if (rest != 0) _out(id, payer, payer, rest);
    }

    /// @dev Those whom the payment is for and whose answers the settled report accepts by the payment's policy.
    function _accepted(Payment memory payment, AssayHub.Report calldata report)
        private
        view
        returns (address[] memory miners)
    {
        if (!hub.isSettledWith(report)) revert NotTheReport(report.taskId);
        if (report.policyDigest != payment.policyDigest) return miners;
        uint256 count = ReportResults.count(report.results);
        address[] memory found = new address[](count);
        uint256 length = 0;
        for (uint256 i = 0; i < count; ++i) {
            Result memory result = ReportResults.resultAt(report.results, i);
            if (result.verdict != Verdict.Accept) continue;
            // A miner that is named otherwise than by an address has a hash here.
            if (uint256(result.miner) >> 160 != 0) continue;
            address miner = address(uint160(uint256(result.miner)));
            if (payment.miner == address(0) || payment.miner == miner) found[length++] = miner;
        }
        miners = new address[](length);
        for (uint256 i = 0; i < length; ++i) {
            miners[i] = found[i];
        }
    }

    /// @dev Hands out what was taken from the payment.
    function _out(bytes32 id, address payer, address receiver, uint96 amount) private {
        emit PaymentMade(id, payer, receiver, amount);
        token.safeTransfer(receiver, amount);
    }
}
