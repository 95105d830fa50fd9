// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IAssayHub} from "@assay/hub-interface/solidity/IAssayHub.sol";
import {AcceptedAnswers} from "../contracts/AcceptedAnswers.sol";

/// @notice A hub that takes any report as certified: the tests of a consumer need no operators.
contract AnyReportHub {
    mapping(bytes32 taskId => bytes32 leaf) public settledLeaf;

    function settle(uint64, uint64, IAssayHub.Report calldata report, bytes32[] calldata) external {
        settledLeaf[report.taskId] = keccak256(abi.encode(report));
    }

    function isSettledWith(IAssayHub.Report calldata report) external view returns (bool) {
        return settledLeaf[report.taskId] == keccak256(abi.encode(report));
    }
}

/// @notice Runs under `forge test` and under `hardhat test solidity`.
contract AcceptedAnswersTest {
    bytes32 private constant TASK = keccak256("task");
    bytes32 private constant POLICY = keccak256("policy");
    address private constant ACCEPTED = address(0xa1);
    address private constant REJECTED = address(0xa2);

    AcceptedAnswers private answers;

    function setUp() public {
        answers = new AcceptedAnswers(IAssayHub(address(new AnyReportHub())), POLICY);
    }

    function test_acceptedAnswerIsNoted() public {
        answers.note(1, 7, _report(POLICY), new bytes32[](0), ACCEPTED);
        require(answers.isAccepted(TASK, ACCEPTED), "the accepted answer");
        require(!answers.isAccepted(TASK, REJECTED), "the rejected answer");
    }

    function test_rejectedAnswerIsNot() public {
        _expectRefusal(_report(POLICY), REJECTED, AcceptedAnswers.NotAccepted.selector);
    }

    function test_reportByAnotherPolicyIsNot() public {
        _expectRefusal(_report("another policy"), ACCEPTED, AcceptedAnswers.OtherPolicy.selector);
    }

    function test_anotherReportOfASettledTaskIsNot() public {
        answers.note(1, 7, _report(POLICY), new bytes32[](0), ACCEPTED);
        IAssayHub.Report memory other = _report(POLICY);
        other.results = bytes.concat(other.results, _result(address(0xa3), 1));
        _expectRefusal(other, ACCEPTED, AcceptedAnswers.NotTheReport.selector);
    }

    /// @dev Two miners, one accepted and one rejected.
    function _report(bytes32 policy) private pure returns (IAssayHub.Report memory) {
        return IAssayHub.Report(TASK, policy, bytes.concat(_result(ACCEPTED, 1), _result(REJECTED, 2)));
    }

    /// @dev One packed result.
    function _result(address miner, uint8 verdict) private pure returns (bytes memory) {
        return abi.encodePacked(bytes32(uint256(uint160(miner))), verdict, uint16(1), uint16(2), uint16(3));
    }

    /// @dev Expects that noting this fails with an error.
    function _expectRefusal(IAssayHub.Report memory report, address miner, bytes4 error_) private {
        try answers.note(1, 7, report, new bytes32[](0), miner) {
            revert("noted");
        } catch (bytes memory reason) {
            require(bytes4(reason) == error_, "another error");
        }
    }
}
