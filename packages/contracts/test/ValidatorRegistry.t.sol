// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {AssayHub} from "../solidity/AssayHub.sol";
import {Member} from "../solidity/Member.sol";
import {OperatorAdmission} from "../solidity/OperatorAdmission.sol";
import {OperatorStakes} from "../solidity/OperatorStakes.sol";
import {ValidatorRegistry} from "../solidity/ValidatorRegistry.sol";
import {NetworkTest} from "./Network.sol";

/// @notice The registry's epochs: who is in a set, what an epoch remembers, and for how long it is checkable.
contract ValidatorRegistryTest is NetworkTest {
    uint256[] private keys;

    function setUp() public {
        _deployNetwork();
        keys = _keys(4);
        for (uint256 i = 0; i < keys.length; ++i) {
            _join(keys[keys.length - 1 - i], 200);
        }
    }

    function test_firstEpochIsOne() public {
        assertEq(registry.currentEpoch(), 0, "an epoch before the first one");
        assertTrue(!registry.isCheckable(0), "epoch 0 is checkable");
        bytes32 digest = keccak256(abi.encode(_members(keys, 200)));
        vm.expectEmit(true, false, false, true, address(registry));
        emit ValidatorRegistry.EpochStarted(1, digest, POLICIES, 800, 4);
        assertEq(registry.startEpoch(), 1, "number of the first epoch");
        assertEq(registry.currentEpoch(), 1, "current epoch");
    }

    function test_snapshotHoldsTheStakes() public {
        registry.addStake(vm.addr(keys[2]), 50);
        registry.startEpoch();
        Member[] memory members = _members(keys, 200);
        members[2].weight = 250;
        assertEq(keccak256(abi.encode(registry.membersOf(1))), keccak256(abi.encode(members)), "members");
        assertEq(registry.setDigest(1), keccak256(abi.encode(members)), "set digest");
        assertEq(registry.policiesDigest(1), POLICIES, "policies digest");
        assertEq(registry.totalWeight(1), 850, "total weight");
        assertEq(registry.startedAt(1), START, "start");
        assertEq(registry.weightOf(1, vm.addr(keys[2])), 250, "weight");
        assertEq(registry.weightOf(1, address(1)), 0, "weight of a stranger");
        assertEq(registry.blsKeysOf(1).length, _signsWithBls() ? 4 * 192 : 0, "BLS keys of everybody or of nobody");
        ValidatorRegistry.Snapshot memory facts = registry.snapshotOf(1);
        assertEq(facts.setDigest, registry.setDigest(1), "set digest of the snapshot");
        assertEq(facts.policiesDigest, POLICIES, "policies digest of the snapshot");
        assertTrue(facts.checkable && facts.startedAt == START, "the running epoch");
    }

    function test_runningEpochIsLeftAlone() public {
        registry.startEpoch();
        bytes32 digest = registry.setDigest(1);
        registry.addStake(vm.addr(keys[0]), 70);
        registry.resign(vm.addr(keys[1]));
        registry.announcePolicies("other policies");
        assertEq(registry.setDigest(1), digest, "set digest of epoch 1");
        assertEq(registry.weightOf(1, vm.addr(keys[1])), 200, "weight in epoch 1");
        _nextEpoch();
        assertEq(registry.weightOf(2, vm.addr(keys[0])), 270, "more stake in epoch 2");
        assertEq(registry.weightOf(2, vm.addr(keys[1])), 0, "weight in epoch 2 of one that left");
        assertEq(registry.policiesDigest(2), "other policies", "policies digest of epoch 2");
        assertEq(registry.policiesDigest(1), POLICIES, "policies digest of epoch 1");
    }

    function test_previousEpochIsCheckableForItsGraceOnly() public {
        registry.startEpoch();
        bytes memory first = _certified(keys, hub.cosignatureDigest(1, 1, ROOT, 3));
        bytes memory second = _certified(keys, hub.cosignatureDigest(1, 2, ROOT, 3));
        _nextEpoch();
        vm.warp(START + EPOCH + GRACE - 1);
        assertTrue(registry.isCheckable(1) && hub.isCheckable(1), "epoch 1 within its grace");
        hub.post(1, 1, ROOT, 3, first);
        vm.warp(START + EPOCH + GRACE);
        assertTrue(!registry.isCheckable(1) && !hub.isCheckable(1), "epoch 1 after its grace");
        vm.expectRevert(abi.encodeWithSelector(AssayHub.EpochNotCheckable.selector, 1));
        hub.post(1, 2, ROOT, 3, second);
        assertTrue(registry.isCheckable(2) && hub.isCheckable(2), "the running epoch");
        assertTrue(!registry.isCheckable(3) && !hub.isCheckable(3), "an epoch to come");
    }

    function test_anAdminStartsTheFirstEpochAndAnybodyTheNext() public {
        bytes memory reason = abi.encodeWithSelector(
            IAccessControl.AccessControlUnauthorizedAccount.selector, address(0xbad), bytes32(0)
        );
        vm.expectRevert(reason);
        vm.prank(address(0xbad));
        registry.startEpoch();
        registry.startEpoch();
        vm.warp(START + EPOCH - 1);
        vm.expectRevert(abi.encodeWithSelector(ValidatorRegistry.EpochTooYoung.selector, START + EPOCH));
        registry.startEpoch();
        vm.warp(START + EPOCH);
        vm.prank(address(0xbad));
        assertEq(registry.startEpoch(), 2, "an epoch that anybody started");
    }

    function test_withoutMembersThereIsNoEpoch() public {
        for (uint256 i = 0; i < keys.length; ++i) {
            registry.resign(vm.addr(keys[i]));
        }
        vm.expectRevert(abi.encodeWithSelector(ValidatorRegistry.NoMembers.selector));
        registry.startEpoch();
    }

    function test_unknownEpochHasNoFacts() public {
        bytes memory reason = abi.encodeWithSelector(ValidatorRegistry.UnknownEpoch.selector, 1);
        vm.expectRevert(reason);
        registry.weightOf(1, address(1));
        assertTrue(!registry.snapshotOf(1).checkable, "snapshot of an epoch to come");
        vm.expectRevert(reason);
        registry.membersOf(1);
    }

    function test_pauseStopsEpochsForItsTimeOnly() public {
        registry.startEpoch();
        vm.warp(START + EPOCH);
        registry.pause();
        uint48 until = registry.pausedUntil();
        vm.expectRevert(abi.encodeWithSelector(OperatorAdmission.PauseInForce.selector, until));
        registry.startEpoch();
        vm.expectRevert(abi.encodeWithSelector(OperatorAdmission.PauseTooSoon.selector, until + 7 days));
        registry.pause();
        hub.post(1, 1, ROOT, 3, _certified(keys, hub.cosignatureDigest(1, 1, ROOT, 3)));
        vm.warp(until);
        assertEq(registry.startEpoch(), 2, "the epoch after a pause");
        vm.warp(until + 7 days);
        registry.pause();
        registry.unpause();
        assertEq(registry.startEpoch(), 3, "the epoch after a pause that was ended");
    }

    function test_settingsThatWouldLetStakeEscapeAreRefused() public {
        ValidatorRegistry.Settings memory settings = _settings();
        settings.epochSeconds = GRACE - 1;
        _refused(settings);
        settings = _settings();
        settings.unbondingSeconds = GRACE;
        _refused(settings);
        settings = _settings();
        settings.minimumStake = 0;
        _refused(settings);
    }

    function test_largestSetIsKeptWhole() public {
        registry.makePermissionless();
        uint256[] memory many = _keys(128);
        for (uint256 i = keys.length; i < many.length; ++i) {
            uint256 key = uint256(keccak256(abi.encode("operator", i)));
            registry.join(vm.addr(key), uint96(MINIMUM + i), _consent(key, address(this)));
        }
        registry.startEpoch();
        Member[] memory members = registry.membersOf(1);
        assertEq(members.length, 128, "members");
        for (uint256 i = 0; i < members.length; ++i) {
            assertEq(members[i].operator, vm.addr(many[i]), "operator");
        }
        assertEq(hub.configDigest(1) == 0 ? 0 : 1, 1, "config digest");
    }

    /// @dev Expects a registry not to come to be.
    function _refused(ValidatorRegistry.Settings memory settings) private {
        vm.expectRevert(abi.encodeWithSelector(ValidatorRegistry.SettingsOutOfRange.selector));
        new ValidatorRegistry(address(this), settings, POLICIES);
    }
}
