// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {OperatorAdmission} from "../solidity/OperatorAdmission.sol";
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
        vm.expectRevert(abi.encodeWithSelector(OperatorStakes.StakeTooLow.selector, MINIMUM - 1, MINIMUM));
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
        vm.expectRevert(abi.encodeWithSelector(OperatorStakes.NotSeated.selector, one));
        registry.resign(one);
        vm.expectRevert(abi.encodeWithSelector(OperatorStakes.NotSeated.selector, one));
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

    function test_whoHasMoreStakeGetsTheSeatOfWhoHasLeast() public {
        registry.makePermissionless();
        for (uint256 i = keys.length; i < 128; ++i) {
            uint256 key = uint256(keccak256(abi.encode("operator", i)));
            registry.join(vm.addr(key), uint96(201 + i), _consent(key, address(this)));
        }
        bytes memory consent = _consent(KEY, address(this));
        vm.expectRevert(abi.encodeWithSelector(OperatorStakes.StakeTooLow.selector, 200, 201));
        registry.join(operator, 200, consent);
        registry.join(operator, 500, consent);
        assertEq(registry.operatorOf(vm.addr(keys[0])).seat, 0, "seat of the lowest");
        assertEq(registry.operatorOf(operator).seat, 128, "seat of the newcomer");
        registry.startEpoch();
        assertEq(registry.weightOf(1, operator), 500, "weight of the newcomer");
        assertEq(registry.weightOf(1, vm.addr(keys[0])), 0, "weight of the lowest");
        registry.withdraw(vm.addr(keys[0]));
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
