// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {OperatorStakes} from "../solidity/OperatorStakes.sol";
import {NetworkTest} from "./Network.sol";

/// @notice Joins, adds, leaves, withdraws, slashes and starts epochs at random, as far as each is possible then.
contract StakeHandler is NetworkTest {
    uint256 private constant COUNT = 5;

    uint256[] private keys;

    /// @notice Everything that was ever staked, and everything that has left.
    uint256 public staked;
    uint256 public gone;

    constructor() {
        _deployNetwork();
        keys = _keys(COUNT);
        for (uint256 i = 0; i < 3; ++i) {
            _join(keys[i], 500);
            staked += 500;
        }
        registry.startEpoch();
    }

    /// @notice Stakes for an operator that is not there, or adds to the stake of one that is, or brings it back.
    function stake(uint256 which, uint96 amount) external {
        address operator = vm.addr(keys[which % COUNT]);
        OperatorStakes.Operator memory record = registry.operatorOf(operator);
        amount = amount % 10_000 + MINIMUM;
        if (record.owner == address(0)) _join(keys[which % COUNT], amount);
        else if (record.seat > 0) registry.addStake(operator, amount);
        else registry.rejoin(operator, amount);
        staked += amount;
    }

    /// @notice Gives up a seat.
    function resign(uint256 which) external {
        address operator = vm.addr(keys[which % COUNT]);
        if (registry.operatorOf(operator).seat > 0) registry.resign(operator);
    }

    /// @notice Withdraws what can be withdrawn.
    function withdraw(uint256 which) external {
        address operator = vm.addr(keys[which % COUNT]);
        OperatorStakes.Operator memory record = registry.operatorOf(operator);
        if (registry.unboundFrom(operator) > vm.getBlockTimestamp() || record.openCases > 0) return;
        registry.withdraw(operator);
        gone += record.stake;
    }

    /// @notice Takes a share as the slasher would.
    function slash(uint256 which, uint256 share) external {
        address operator = vm.addr(keys[which % COUNT]);
        if (registry.operatorOf(operator).owner == address(0)) return;
        vm.prank(address(slashing));
        registry.holdStake(operator);
        vm.prank(address(slashing));
        gone += registry.takeStake(operator, share % 10_001);
    }

    /// @notice Lets time pass, and starts an epoch where there is somebody to be in it.
    function startEpoch(uint32 passed) external {
        uint256 soonest = registry.startedAt(registry.currentEpoch()) + EPOCH;
        uint256 now_ = vm.getBlockTimestamp() + passed % (2 * UNBONDING);
        vm.warp(now_ > soonest ? now_ : soonest);
        try registry.startEpoch() {} catch {}
    }

    /// @notice What the registry holds, and what it says that it holds.
    function held() external view returns (uint256 balance, uint256 stated) {
        balance = token.balanceOf(address(registry));
        for (uint256 i = 0; i < COUNT; ++i) {
            stated += registry.operatorOf(vm.addr(keys[i])).stake;
        }
    }

    /// @notice The total weight of the running epoch, and the sum of its members' weights.
    function weights() external view returns (uint256 total, uint256 sum) {
        uint64 epoch = registry.currentEpoch();
        total = registry.totalWeight(epoch);
        for (uint256 i = 0; i < COUNT; ++i) {
            sum += registry.weightOf(epoch, vm.addr(keys[i]));
        }
    }
}

/// @notice Stake is conserved, and weights add up, whatever is done and in whatever order.
contract StakeInvariantTest is NetworkTest {
    StakeHandler private handler;

    function setUp() public {
        handler = new StakeHandler();
    }

    /// @notice Tells forge which contract to call at random.
    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function invariant_stakeIsConserved() public view {
        (uint256 balance, uint256 stated) = handler.held();
        assertEq(balance, stated, "what is held and what is stated");
        assertEq(balance, handler.staked() - handler.gone(), "what came in and what went out");
    }

    function invariant_weightsAddUp() public view {
        (uint256 total, uint256 sum) = handler.weights();
        assertEq(total, sum, "total weight");
        assertTrue(total > 0, "an epoch without weight");
    }
}
