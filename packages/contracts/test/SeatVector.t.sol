// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {OperatorStakes} from "../solidity/OperatorStakes.sol";
import {NetworkTest} from "./Network.sol";

/// @notice The contract plays the game of test/vectors/seats.json as the model of its rules did.
contract SeatVectorTest is NetworkTest {
    uint256 private constant START_EPOCH = 5;

    function test_seatsAreGivenAsTheModelSays() public {
        _deployNetwork();
        registry.makePermissionless();
        string memory json = vm.readFile("../../test/vectors/seats.json");
        uint256[] memory moves = vm.parseJsonUintArray(json, ".moves");
        bytes32[] memory digests = vm.parseJsonBytes32Array(json, ".setDigests");
        for (uint256 i = 0; i < moves.length; i += 4) {
            if (moves[i] == START_EPOCH) {
                uint64 epoch = _nextEpoch();
                assertEq(registry.setDigest(epoch), digests[epoch - 1], "set digest");
            } else {
                bool taken = _play(moves[i], moves[i + 1], uint96(moves[i + 2]));
                assertEq(taken ? 1 : 0, moves[i + 3], string.concat("move ", vm.toString(i / 4)));
            }
        }
        assertEq(registry.currentEpoch(), digests.length, "epochs");
    }

    /// @dev Makes a move of the game; whether it was taken.
    function _play(uint256 kind, uint256 who, uint96 amount) private returns (bool taken) {
        uint256 key = uint256(keccak256(abi.encode("operator", who)));
        address operator = vm.addr(key);
        bytes memory call = abi.encodeCall(OperatorStakes.resign, (operator));
        if (kind == 0) {
            call = abi.encodeCall(OperatorStakes.join, (operator, amount, _consent(key, address(this))));
        } else if (kind == 1) {
            call = abi.encodeCall(OperatorStakes.rejoin, (operator, amount));
        } else if (kind == 2) {
            call = abi.encodeCall(OperatorStakes.addStake, (operator, amount));
        } else if (kind == 4) {
            vm.prank(address(slashing));
            registry.holdStake(operator);
            vm.prank(address(slashing));
            call = abi.encodeCall(OperatorStakes.takeStake, (operator, amount));
        }
        (taken,) = address(registry).call(call);
    }
}
