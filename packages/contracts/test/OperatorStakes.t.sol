// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {OperatorAdmission} from "../solidity/OperatorAdmission.sol";
import {OperatorSeats} from "../solidity/OperatorSeats.sol";
import {OperatorStakes} from "../solidity/OperatorStakes.sol";
import {NetworkTest} from "./Network.sol";

/// @notice Joining, staking, leaving and withdrawing: who may, and when stake is free.
contract OperatorStakesTest is NetworkTest {
    uint256 private constant KEY = uint256(keccak256("newcomer"));

    uint256[] private keys;
    address private operator;

    function setUp() public {
        _deployNetwork();
        keys = _keys(3);
        for (uint256 i = 0; i < keys.length; ++i) {
            _join(keys[i], 200);
        }
        operator = vm.addr(KEY);
    }

    function test_joinTakesStakeAndGivesASeat() public {
        uint256 before = token.balanceOf(address(this));
        _join(KEY, 300);
        OperatorStakes.Operator memory record = registry.operatorOf(operator);
        assertEq(record.owner, address(this), "owner");
        assertEq(record.stake, 300, "stake");
        assertEq(record.seat, 4, "seat");
        assertEq(before - token.balanceOf(address(this)), 300, "what was paid");
    }

    function test_unlistedOperatorIsRefusedUntilTheSwitch() public {
        bytes memory consent = _consent(KEY, address(this));
        vm.expectRevert(abi.encodeWithSelector(OperatorAdmission.NotListed.selector, operator));
        registry.join(operator, 300, consent);
        registry.makePermissionless();
        registry.join(operator, 300, consent);
        assertEq(registry.operatorOf(operator).stake, 300, "stake after the switch");
    }

    function test_listingEndsJoiningAndNothingElse() public {
        address[] memory all = new address[](1);
        all[0] = vm.addr(keys[0]);
        registry.list(all, false);
        registry.startEpoch();
        assertEq(registry.weightOf(1, all[0]), 200, "weight of one that joined before it was taken off the list");
    }

    function test_rolesAreNeeded() public {
        _expectRole(registry.LISTER_ROLE());
        registry.list(new address[](0), true);
        _expectRole(registry.PAUSER_ROLE());
        registry.pause();
        _expectRole(registry.POLICY_ROLE());
        registry.announcePolicies(0);
        _expectRole(bytes32(0));
        registry.makePermissionless();
    }

    function test_joinWithoutTheOperatorsConsentIsRefused() public {
        registry.makePermissionless();
        bytes memory consent = _consent(KEY, address(0xbad));
        vm.expectRevert(abi.encodeWithSelector(OperatorStakes.JoinNotWanted.selector, operator));
        registry.join(operator, 300, consent);
        vm.expectRevert(abi.encodeWithSelector(OperatorStakes.JoinNotWanted.selector, operator));
        registry.join(operator, 300, new bytes(65));
    }

    function test_consentIsGoodForOneTime() public {
        registry.makePermissionless();
        bytes memory consent = _consent(KEY, address(this));
        registry.join(operator, 300, consent);
        vm.expectRevert(abi.encodeWithSelector(OperatorStakes.AlreadyJoined.selector, operator));
        registry.join(operator, 300, consent);
        registry.resign(operator);
        registry.withdraw(operator);
        vm.expectRevert(abi.encodeWithSelector(OperatorStakes.JoinNotWanted.selector, operator));
        registry.join(operator, 300, consent);
        registry.join(operator, 300, _consent(KEY, address(this)));
    }

    function test_tooLittleStakeIsRefused() public {
        registry.makePermissionless();
        bytes memory consent = _consent(KEY, address(this));
        vm.expectRevert(abi.encodeWithSelector(OperatorSeats.StakeTooLow.selector, MINIMUM - 1, MINIMUM));
        registry.join(operator, MINIMUM - 1, consent);
    }

    function test_pauseStopsJoiningButNotLeaving() public {
        registry.makePermissionless();
        bytes memory consent = _consent(KEY, address(this));
        registry.pause();
        bytes memory reason = abi.encodeWithSelector(OperatorAdmission.PauseInForce.selector, registry.pausedUntil());
        vm.expectRevert(reason);
        registry.join(operator, 300, consent);
        vm.expectRevert(reason);
        registry.addStake(vm.addr(keys[0]), 1);
        registry.resign(vm.addr(keys[0]));
        registry.withdraw(vm.addr(keys[0]));
    }

    function test_onlyTheOwnerLeavesAndWithdraws() public {
        address one = vm.addr(keys[0]);
        bytes memory reason = abi.encodeWithSelector(OperatorStakes.NotTheOwner.selector, one);
        vm.expectRevert(reason);
        vm.prank(one);
        registry.resign(one);
        registry.resign(one);
        vm.expectRevert(reason);
        vm.prank(one);
        registry.withdraw(one);
    }

    function test_stakeIsBoundUntilItsLastEpochIsLongOver() public {
        address one = vm.addr(keys[0]);
        registry.startEpoch();
        bytes memory reason = abi.encodeWithSelector(OperatorStakes.StakeBound.selector, one);
        vm.expectRevert(reason);
        registry.withdraw(one);
        registry.resign(one);
        vm.expectRevert(abi.encodeWithSelector(OperatorSeats.NotSeated.selector, one));
        registry.resign(one);
        vm.expectRevert(abi.encodeWithSelector(OperatorSeats.NotSeated.selector, one));
        registry.addStake(one, 1);
        vm.warp(START + 100 * UNBONDING);
        vm.expectRevert(reason);
        registry.withdraw(one);
        registry.startEpoch();
        vm.warp(START + 101 * UNBONDING - 1);
        vm.expectRevert(reason);
        registry.withdraw(one);
        vm.warp(START + 101 * UNBONDING);
        uint256 before = token.balanceOf(address(this));
        registry.withdraw(one);
        assertEq(token.balanceOf(address(this)) - before, 200, "what came back");
        assertEq(registry.operatorOf(one).owner, address(0), "owner of what is gone");
    }

    function test_challengerNeedsAMarginAndCountsFromTheNextEpochButOne() public {
        _fillSeats(300);
        address lowest = vm.addr(keys[0]);
        registry.startEpoch();
        bytes memory consent = _consent(KEY, address(this));
        vm.expectRevert(abi.encodeWithSelector(OperatorSeats.StakeTooLow.selector, 219, 220));
        registry.join(operator, 219, consent);
        registry.join(operator, 220, consent);
        assertEq(registry.operatorOf(lowest).rival, operator, "who challenges the lowest");
        vm.expectRevert(abi.encodeWithSelector(OperatorSeats.NotSeated.selector, operator));
        registry.addStake(operator, 1);
        vm.expectRevert(abi.encodeWithSelector(OperatorStakes.StakeBound.selector, operator));
        registry.withdraw(operator);
        assertEq(registry.weightOf(_nextEpoch(), lowest), 200, "weight of the lowest in the next epoch");
        assertEq(registry.weightOf(2, operator), 0, "weight of the challenger in the next epoch");
        assertEq(registry.weightOf(_nextEpoch(), operator), 220, "weight of the challenger in the one after");
        assertEq(registry.weightOf(3, lowest), 0, "weight of who was put out");
        assertEq(registry.operatorOf(lowest).leftDuring, 2, "last epoch of who was put out");
    }

    function test_whoIsChallengedTopsUpAndKeepsItsSeat() public {
        _fillSeats(300);
        registry.startEpoch();
        registry.join(operator, 220, _consent(KEY, address(this)));
        address lowest = registry.operatorOf(operator).rival;
        _nextEpoch();
        registry.addStake(lowest, 1);
        assertEq(registry.operatorOf(operator).rival, address(0), "whose seat the challenger is after");
        assertEq(registry.weightOf(_nextEpoch(), lowest), 201, "weight of who topped up");
        registry.withdraw(operator);
    }

    function test_whoWasPutOutRejoinsWithItsBoundStake() public {
        _fillSeats(300);
        registry.startEpoch();
        registry.join(operator, 220, _consent(KEY, address(this)));
        address lowest = registry.operatorOf(operator).rival;
        _nextEpoch();
        _nextEpoch();
        // The lowest now are the other two of 200.
        vm.expectRevert(abi.encodeWithSelector(OperatorSeats.StakeTooLow.selector, 219, 220));
        registry.rejoin(lowest, 19);
        registry.rejoin(lowest, 20);
        vm.expectRevert(abi.encodeWithSelector(OperatorStakes.AlreadyJoined.selector, lowest));
        registry.rejoin(lowest, 1);
        vm.prank(address(0xbad));
        vm.expectRevert(abi.encodeWithSelector(OperatorStakes.NotTheOwner.selector, lowest));
        registry.rejoin(lowest, 1);
        _nextEpoch();
        assertEq(registry.weightOf(_nextEpoch(), lowest), 220, "weight of who rejoined");
    }

    function test_resigningLeavesTheSeatToTheChallenger() public {
        _fillSeats(300);
        registry.startEpoch();
        registry.join(operator, 220, _consent(KEY, address(this)));
        registry.resign(registry.operatorOf(operator).rival);
        assertTrue(registry.operatorOf(operator).seat > 0, "seat of the challenger");
        assertEq(registry.weightOf(_nextEpoch(), operator), 0, "weight before its time");
        assertEq(registry.weightOf(_nextEpoch(), operator), 220, "weight of the challenger");
    }

    function test_whereAllHaveLeftThoseThatWaitCount() public {
        registry.startEpoch();
        _join(KEY, 300);
        for (uint256 i = 0; i < keys.length; ++i) {
            registry.resign(vm.addr(keys[i]));
        }
        assertEq(registry.weightOf(_nextEpoch(), operator), 300, "weight of the only one");
    }

    function test_fortyPercentOfStakeTakesNoSeatFromThoseThatAnswer() public {
        _fillSeats(200);
        registry.startEpoch();
        for (uint256 i = 0; i < 86; ++i) {
            uint256 key = uint256(keccak256(abi.encode("attacker", i)));
            registry.join(vm.addr(key), 220, _consent(key, address(this)));
        }
        _nextEpoch();
        for (uint256 i = 0; i < 86; ++i) {
            address challenger = vm.addr(uint256(keccak256(abi.encode("attacker", i))));
            registry.addStake(registry.operatorOf(challenger).rival, 1);
        }
        assertEq(registry.totalWeight(_nextEpoch()), 128 * 200 + 86, "weight, all of it honest");
    }

    /// @dev Joins operators until all seats are taken.
    function _fillSeats(uint96 stake) private {
        registry.makePermissionless();
        for (uint256 i = keys.length; i < 128; ++i) {
            uint256 key = uint256(keccak256(abi.encode("operator", i)));
            registry.join(vm.addr(key), stake, _consent(key, address(this)));
        }
    }

    function test_onlyTheSlasherTouchesStake() public {
        bytes memory reason = abi.encodeWithSelector(OperatorStakes.NotTheSlasher.selector, address(this));
        vm.expectRevert(reason);
        registry.holdStake(operator);
        vm.expectRevert(reason);
        registry.releaseStake(operator);
        vm.expectRevert(reason);
        registry.takeStake(operator, 1);
    }

    function test_operatorBelowTheMinimumDoesNotCount() public {
        address one = vm.addr(keys[0]);
        vm.prank(address(slashing));
        registry.holdStake(one);
        vm.prank(address(slashing));
        registry.takeStake(one, 6_000);
        registry.startEpoch();
        assertEq(registry.weightOf(1, one), 0, "weight below the minimum");
        assertEq(registry.totalWeight(1), 400, "total weight");
    }

    /// @dev Expects the next call, by a stranger, to fail for want of `role`.
    function _expectRole(bytes32 role) private {
        vm.expectRevert(
            abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, address(0xbad), role)
        );
        vm.prank(address(0xbad));
    }
}
