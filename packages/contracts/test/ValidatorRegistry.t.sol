// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Member} from "../solidity/Member.sol";
import {ValidatorRegistry} from "../solidity/ValidatorRegistry.sol";
import {AssayTest} from "./Assay.sol";

/// @notice The registry: what a set may look like, what an epoch remembers, and for how long it is checkable.
contract ValidatorRegistryTest is AssayTest {
    function setUp() public {
        _deploy();
    }

    function test_firstEpochIsOne() public {
        assertEq(registry.currentEpoch(), 0, "an epoch before the first one");
        assertTrue(!registry.isCheckable(0), "epoch 0 is checkable");
        Member[] memory members = _members(_keys(3), 7);
        bytes32 digest = keccak256(abi.encode(members));
        vm.expectEmit(true, false, false, true, address(registry));
        emit ValidatorRegistry.EpochStarted(1, digest, POLICIES, 21, 3);
        assertEq(registry.startEpoch(members, POLICIES), 1, "number of the first epoch");
        assertEq(registry.currentEpoch(), 1, "current epoch");
    }

    function test_snapshotHoldsWhatWasGiven() public {
        Member[] memory members = _members(_keys(5), 7);
        members[2].weight = type(uint96).max;
        registry.startEpoch(members, POLICIES);
        assertEq(registry.setDigest(1), keccak256(abi.encode(members)), "set digest");
        assertEq(registry.policiesDigest(1), POLICIES, "policies digest");
        assertEq(registry.totalWeight(1), uint256(type(uint96).max) + 28, "total weight");
        assertEq(registry.startedAt(1), START, "start");
        assertEq(keccak256(abi.encode(registry.membersOf(1))), keccak256(abi.encode(members)), "members");
        for (uint256 i = 0; i < members.length; ++i) {
            assertEq(registry.weightOf(1, members[i].operator), members[i].weight, "weight");
        }
        assertEq(registry.weightOf(1, address(1)), 0, "weight of a stranger");
        ValidatorRegistry.Snapshot memory snapshot = registry.snapshotOf(1);
        assertEq(snapshot.setDigest, registry.setDigest(1), "set digest of the snapshot");
        assertEq(snapshot.policiesDigest, POLICIES, "policies digest of the snapshot");
        assertEq(snapshot.startedAt, START, "start of the snapshot");
        assertTrue(snapshot.checkable, "the running epoch is not checkable");
    }

    function test_laterEpochsLeaveEarlierOnesAlone() public {
        uint256[] memory keys = _keys(4);
        registry.startEpoch(_members(keys, 1), POLICIES);
        registry.startEpoch(_members(_first(keys, 2), 9), keccak256("other policies"));
        assertEq(registry.currentEpoch(), 2, "current epoch");
        assertEq(registry.weightOf(1, vm.addr(keys[3])), 1, "weight in epoch 1");
        assertEq(registry.weightOf(2, vm.addr(keys[3])), 0, "weight in epoch 2");
        assertEq(registry.totalWeight(1), 4, "total weight of epoch 1");
        assertEq(registry.policiesDigest(1), POLICIES, "policies digest of epoch 1");
    }

    function test_previousEpochIsCheckableForGraceOnly() public {
        Member[] memory members = _members(_keys(1), 1);
        registry.startEpoch(members, POLICIES);
        vm.warp(START + 1000);
        registry.startEpoch(members, POLICIES);
        vm.warp(START + 1000 + GRACE - 1);
        assertTrue(registry.isCheckable(1), "epoch 1 within its grace");
        vm.warp(START + 1000 + GRACE);
        assertTrue(!registry.isCheckable(1), "epoch 1 after its grace");
        assertTrue(!registry.snapshotOf(1).checkable, "snapshot of epoch 1 after its grace");
        assertTrue(registry.isCheckable(2), "the running epoch");
        assertTrue(!registry.isCheckable(3), "an epoch to come");
    }

    function test_epochBeforeThePreviousOneIsNotCheckable() public {
        Member[] memory members = _members(_keys(1), 1);
        registry.startEpoch(members, POLICIES);
        registry.startEpoch(members, POLICIES);
        registry.startEpoch(members, POLICIES);
        assertTrue(!registry.isCheckable(1), "epoch 1 while 3 runs");
        assertTrue(registry.isCheckable(2), "epoch 2 while 3 runs");
        assertTrue(registry.isCheckable(3), "epoch 3");
    }

    function test_onlyOwnerStartsEpochs() public {
        Member[] memory members = _members(_keys(1), 1);
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, address(0xbad)));
        vm.prank(address(0xbad));
        registry.startEpoch(members, POLICIES);
    }

    function test_newOwnerMustAccept() public {
        registry.transferOwnership(address(0xa11ce));
        assertEq(registry.owner(), address(this), "owner before acceptance");
        vm.prank(address(0xa11ce));
        registry.acceptOwnership();
        assertEq(registry.owner(), address(0xa11ce), "owner after acceptance");
    }

    function test_emptySetIsRefused() public {
        vm.expectRevert(abi.encodeWithSelector(ValidatorRegistry.MemberCountOutOfRange.selector, 0));
        registry.startEpoch(new Member[](0), POLICIES);
    }

    function test_largestSetIsTakenAndALargerOneRefused() public {
        registry.startEpoch(_manyMembers(128), POLICIES);
        assertEq(registry.totalWeight(1), 128, "total weight of 128 members");
        assertEq(registry.weightOf(1, address(128)), 1, "weight of the last of 128");
        Member[] memory tooMany = _manyMembers(129);
        vm.expectRevert(abi.encodeWithSelector(ValidatorRegistry.MemberCountOutOfRange.selector, 129));
        registry.startEpoch(tooMany, POLICIES);
    }

    function test_unsortedMembersAreRefused() public {
        Member[] memory members = _manyMembers(2);
        (members[0], members[1]) = (members[1], members[0]);
        vm.expectRevert(abi.encodeWithSelector(ValidatorRegistry.MembersNotAscending.selector, address(1)));
        registry.startEpoch(members, POLICIES);
    }

    function test_doubleMemberIsRefused() public {
        Member[] memory members = _manyMembers(2);
        members[1] = members[0];
        vm.expectRevert(abi.encodeWithSelector(ValidatorRegistry.MembersNotAscending.selector, address(1)));
        registry.startEpoch(members, POLICIES);
    }

    function test_zeroOperatorIsRefused() public {
        Member[] memory members = _manyMembers(1);
        members[0].operator = address(0);
        vm.expectRevert(abi.encodeWithSelector(ValidatorRegistry.MembersNotAscending.selector, address(0)));
        registry.startEpoch(members, POLICIES);
    }

    function test_zeroWeightIsRefused() public {
        Member[] memory members = _manyMembers(2);
        members[1].weight = 0;
        vm.expectRevert(abi.encodeWithSelector(ValidatorRegistry.ZeroWeight.selector, address(2)));
        registry.startEpoch(members, POLICIES);
    }

    function test_unknownEpochHasNoFacts() public {
        bytes memory reason = abi.encodeWithSelector(ValidatorRegistry.UnknownEpoch.selector, 1);
        vm.expectRevert(reason);
        registry.weightOf(1, address(1));
        assertTrue(!registry.snapshotOf(1).checkable, "snapshot of an epoch to come");
        vm.expectRevert(reason);
        registry.membersOf(1);
    }

    /// @dev A set of any size gives back every member as it was given.
    function testFuzz_setIsKeptWhole(uint8 size, uint96 seed) public {
        Member[] memory members = _manyMembers(uint256(size) % 128 + 1);
        uint256 total = 0;
        for (uint256 i = 0; i < members.length; ++i) {
            members[i].weight = uint96(uint256(keccak256(abi.encode(seed, i))) | 1);
            total += members[i].weight;
        }
        registry.startEpoch(members, POLICIES);
        assertEq(keccak256(abi.encode(registry.membersOf(1))), keccak256(abi.encode(members)), "members");
        assertEq(registry.totalWeight(1), total, "total weight");
        Member memory last = members[members.length - 1];
        assertEq(registry.weightOf(1, last.operator), last.weight, "weight of the last");
    }

    /// @dev Members with the addresses 1, 2, 3 … and weight 1.
    function _manyMembers(uint256 count) private pure returns (Member[] memory members) {
        members = new Member[](count);
        for (uint256 i = 0; i < count; ++i) {
            members[i] = Member(address(uint160(i + 1)), 1);
        }
    }
}
