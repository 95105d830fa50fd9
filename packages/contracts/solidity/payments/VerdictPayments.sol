// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IAssayHub} from "@assay/hub-interface/solidity/IAssayHub.sol";
import {ReportResults, Result, Verdict} from "@assay/hub-interface/solidity/ReportResults.sol";
import {IERC3009} from "./IERC3009.sol";
import {PaymentVault} from "./PaymentVault.sol";

/// @title VerdictPayments
/// @notice Pays for answers by their verdicts, with payments that a payer has signed (EIP-3009) and that nobody sends
/// before the verdict is known. The receiver of such a payment is an address that follows from its terms: what comes
/// there goes to the miner whose answer a certified report accepts, less a fee, or back to the payer, and nowhere else.
/// @dev The address of a payment is that of a clone which is deployed when something is to be paid out of it.
contract VerdictPayments {
    /// @notice What a payment is for. All of it decides the address of the payment.
    /// @param question keccak256 of the task's text up to its answers: reference, prompt, policy and parameters.
    /// @param policyDigest The policy that the task must have been judged by.
    /// @param collector Who collects the payment; it says which judged task of the question counts.
    /// @param payer Who gets back what came here and was not earned; zero for nobody.
    /// @param feeReceiver Who gets the operators' fee.
    /// @param amount The least that is paid for an answer.
    /// @param feeBasisPoints The fee's share, in ten-thousandths.
    /// @param refundableFrom From then on the payer gets back what is still here.
    struct Terms {
        bytes32 question;
        bytes32 policyDigest;
        address collector;
        address payer;
        address feeReceiver;
        uint96 amount;
        uint16 feeBasisPoints;
        uint48 refundableFrom;
    }

    /// @notice A payment as the payer signed it; its receiver is `addressOf` the terms.
    struct Authorization {
        address from;
        uint256 value;
        uint256 validAfter;
        uint256 validBefore;
        bytes32 nonce;
        uint8 v;
        bytes32 r;
        bytes32 s;
    }

    /// @notice A certified report with its proof, and the text whose digest is its task's id.
    /// @param epoch The epoch of the report's batch.
    /// @param sequence The batch's number in the epoch.
    /// @param report The report.
    /// @param proof See `IAssayHub.verifyReport`.
    /// @param task The text of the task.
    /// @param questionLength How many bytes of the text come before the answers.
    struct Judged {
        uint64 epoch;
        uint64 sequence;
        IAssayHub.Report report;
        bytes32[] proof;
        bytes task;
        uint256 questionLength;
    }

    /// @notice Ten thousand ten-thousandths.
    uint256 private constant WHOLE = 10_000;

    /// @notice Who says what was accepted.
    IAssayHub public immutable hub;

    /// @notice What is paid; it has EIP-3009.
    IERC20 public immutable token;

    /// @notice What the addresses of payments are clones of.
    address public immutable vault;

    /// @notice An answer is paid.
    event AnswerPaid(
        bytes32 indexed taskId, address indexed payment, address indexed miner, uint256 toMiner, uint256 fee
    );

    /// @notice A payer has back what came too early and was not earned.
    event PaymentReturned(address indexed payment, address indexed payer, uint256 amount);

    /// @notice Only the collector of the terms collects.
    error NotTheCollector(address sender);

    /// @notice The fee is more than the whole.
    error FeeTooHigh(uint16 feeBasisPoints);

    /// @notice The report is of a task with another question, or of another policy.
    error AnotherQuestion(bytes32 taskId);

    /// @notice The task has another report.
    error NotTheReport(bytes32 taskId);

    /// @notice The report accepts no answer of a miner with an address.
    error NothingAccepted(bytes32 taskId);

    /// @notice There is less than the terms want.
    error TooLittlePaid(uint256 paid, uint256 wanted);

    /// @notice The time is not over, or nobody is named who would get it.
    error NotRefundable(uint48 refundableFrom);

    constructor(IAssayHub hub_, IERC20 token_) {
        hub = hub_;
        token = token_;
        vault = address(new PaymentVault());
    }

    /// @notice Takes the payment and hands it on, in one step: to the miner whose answer the report accepts, with the
    /// highest scores if there are several, less the fee. Reverts where nothing is accepted, so that nothing is taken.
    function collect(Terms calldata terms, Authorization calldata authorization, Judged calldata judged) external {
        if (msg.sender != terms.collector) revert NotTheCollector(msg.sender);
        if (terms.feeBasisPoints > WHOLE) revert FeeTooHigh(terms.feeBasisPoints);
        address miner = _winner(terms, judged);
        address payment = addressOf(terms);
        _take(payment, authorization);
        uint256 paid = token.balanceOf(payment);
        if (paid < terms.amount || paid == 0) revert TooLittlePaid(paid, terms.amount);
        uint256 fee = (paid * terms.feeBasisPoints) / WHOLE;
        emit AnswerPaid(judged.report.taskId, payment, miner, paid - fee, fee);
        PaymentVault opened = _open(terms, payment);
        opened.send(token, miner, paid - fee);
        if (fee > 0) opened.send(token, terms.feeReceiver, fee);
    }

    /// @notice Gives back to the payer what came to the address of a payment and was not earned in time.
    function refund(Terms calldata terms) external {
        if (block.timestamp < terms.refundableFrom || terms.payer == address(0)) {
            revert NotRefundable(terms.refundableFrom);
        }
        address payment = addressOf(terms);
        uint256 amount = token.balanceOf(payment);
        if (amount == 0) revert TooLittlePaid(0, 1);
        emit PaymentReturned(payment, terms.payer, amount);
        _open(terms, payment).send(token, terms.payer, amount);
    }

    /// @notice The address that a payment with these terms goes to.
    function addressOf(Terms calldata terms) public view returns (address) {
        return Clones.predictDeterministicAddress(vault, keccak256(abi.encode(terms)));
    }

    /// @dev Moves the money. An authorization that somebody else has sent already has moved it as well.
    function _take(address payment, Authorization calldata signed) private {
        IERC3009 payable3009 = IERC3009(address(token));
        if (payable3009.authorizationState(signed.from, signed.nonce)) return;
        payable3009.transferWithAuthorization(
            signed.from,
            payment,
            signed.value,
            signed.validAfter,
            signed.validBefore,
            signed.nonce,
            signed.v,
            signed.r,
            signed.s
        );
    }

    /// @dev The clone at the address of a payment.
    function _open(Terms calldata terms, address payment) private returns (PaymentVault) {
        if (payment.code.length == 0) Clones.cloneDeterministic(vault, keccak256(abi.encode(terms)));
        return PaymentVault(payment);
    }

    /// @dev Whom the report of a task of this question accepts. Fixes the report in the hub, if nobody has.
    function _winner(Terms calldata terms, Judged calldata judged) private returns (address) {
        IAssayHub.Report calldata report = judged.report;
        bytes32 taskId = report.taskId;
        if (
            keccak256(judged.task) != taskId || keccak256(judged.task[:judged.questionLength]) != terms.question
                || report.policyDigest != terms.policyDigest
        ) revert AnotherQuestion(taskId);
        if (hub.settledLeaf(taskId) == 0) hub.settle(judged.epoch, judged.sequence, report, judged.proof);
        if (!hub.isSettledWith(report)) revert NotTheReport(taskId);
        return _best(report);
    }

    /// @dev The accepted miner whose scores have the highest sum; of equal ones the first.
    function _best(IAssayHub.Report calldata report) private pure returns (address best) {
        uint256 bestSum = 0;
        uint256 count = ReportResults.count(report.results);
        for (uint256 i = 0; i < count; ++i) {
            Result memory result = ReportResults.resultAt(report.results, i);
            // A miner with a plain name has no account.
            if (result.verdict != Verdict.Accept || uint256(result.miner) > type(uint160).max) continue;
            uint256 sum = _points(result.checksumScore) + _points(result.embeddingScore) + _points(result.semanticScore);
            if (best != address(0) && sum <= bestSum) continue;
            best = address(uint160(uint256(result.miner)));
            bestSum = sum;
        }
        if (best == address(0)) revert NothingAccepted(report.taskId);
    }

    /// @dev A score's part of the sum.
    function _points(uint16 score) private pure returns (uint256) {
        return score == ReportResults.NO_SCORE ? 0 : score;
    }
}
