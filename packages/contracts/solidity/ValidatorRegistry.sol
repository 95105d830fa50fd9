// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {EpochStore} from "./EpochStore.sol";
import {Member} from "./Member.sol";

/// @title ValidatorRegistry
/// @notice The validator set and weights of every epoch. What belongs to an epoch never changes once it has started.
/// @dev A snapshot is kept as code, which is cheap to read as a whole: see EpochStore.
contract ValidatorRegistry is Ownable2Step {
    /// @notice What a contract needs to know of an epoch before it trusts a certificate.
    struct Snapshot {
        bytes32 setDigest;
        bytes32 policiesDigest;
        uint64 startedAt;
        bool checkable;
    }

    /// @dev One slot. `checkableUntil` is the first second at which the epoch is no longer checkable.
    struct EpochRecord {
        address store;
        uint48 startedAt;
        uint48 checkableUntil;
    }

    /// @notice The most members a set can have.
    uint256 public constant MAX_MEMBERS = 128;

    /// @notice For how long after an epoch has started the one before it is still checkable.
    uint32 public immutable graceSeconds;

    /// @notice The epoch that runs now; 0 before the first one.
    uint64 public currentEpoch;

    mapping(uint64 epoch => EpochRecord) private _records;

    /// @notice An epoch has started, and with it a new validator set.
    event EpochStarted(
        uint64 indexed epoch, bytes32 setDigest, bytes32 policiesDigest, uint256 totalWeight, uint256 memberCount
    );

    /// @notice A set has 1 to MAX_MEMBERS members.
    error MemberCountOutOfRange(uint256 count);

    /// @notice This member's operator is not above the one before it: out of order, there twice, or zero.
    error MembersNotAscending(address operator);

    /// @notice This member's weight is zero.
    error ZeroWeight(address operator);

    /// @notice No such epoch has started.
    error UnknownEpoch(uint64 epoch);

    /// @param owner Who may start epochs.
    /// @param graceSeconds_ For how long the previous epoch stays checkable.
    constructor(address owner, uint32 graceSeconds_) Ownable(owner) {
        graceSeconds = graceSeconds_;
    }

    /// @notice Ends the current epoch, if there is one, and starts the next.
    /// @param members The validator set, strictly ascending by operator address.
    /// @param policiesDigest_ Digest of the policies in force during the epoch.
    /// @return epoch The number of the epoch; the first one is 1.
    function startEpoch(Member[] calldata members, bytes32 policiesDigest_) external onlyOwner returns (uint64 epoch) {
        uint64 ended = currentEpoch;
        uint48 now_ = uint48(block.timestamp);
        epoch = ended + 1;
        currentEpoch = epoch;
        if (ended > 0) _records[ended].checkableUntil = now_ + graceSeconds;
        if (ended > 1) _records[ended - 1].checkableUntil = 0;

        uint256 total = _check(members);
        bytes32 digest = keccak256(abi.encode(members));
        address store = EpochStore.write(members, digest, policiesDigest_, total);
        _records[epoch] = EpochRecord(store, now_, type(uint48).max);
        emit EpochStarted(epoch, digest, policiesDigest_, total, members.length);
    }

    /// @notice Whether certificates of `epoch` are taken now: it is the current one, or the previous one and fewer
    /// than `graceSeconds` have passed since the current one started.
    function isCheckable(uint64 epoch) public view returns (bool) {
        return block.timestamp < _records[epoch].checkableUntil;
    }

    /// @notice The facts of an epoch in one call; an epoch that has not started is all zero and not checkable.
    function snapshotOf(uint64 epoch) external view returns (Snapshot memory) {
        EpochRecord memory record = _records[epoch];
        (bytes32 set, bytes32 policies) = EpochStore.digests(record.store);
        return Snapshot(set, policies, record.startedAt, block.timestamp < record.checkableUntil);
    }

    /// @notice The contract whose code is the snapshot of `epoch`; EpochStore reads it.
    function storeOf(uint64 epoch) public view returns (address store) {
        store = _records[epoch].store;
        if (store == address(0)) revert UnknownEpoch(epoch);
    }

    /// @notice The weight of `operator` in `epoch`; 0 when it is not in the set.
    function weightOf(uint64 epoch, address operator) external view returns (uint96) {
        uint256[] memory words = EpochStore.weights(storeOf(epoch));
        for (uint256 i = 1; i < words.length; ++i) {
            if (EpochStore.operatorOf(words[i]) == operator) return EpochStore.weightOf(words[i]);
        }
        return 0;
    }

    /// @notice The validator set of `epoch`, ascending by operator address.
    function membersOf(uint64 epoch) external view returns (Member[] memory members) {
        uint256[] memory words = EpochStore.weights(storeOf(epoch));
        members = new Member[](words.length - 1);
        for (uint256 i = 0; i < members.length; ++i) {
            members[i] = Member(EpochStore.operatorOf(words[i + 1]), EpochStore.weightOf(words[i + 1]));
        }
    }

    /// @notice The weight of the whole set of `epoch`.
    function totalWeight(uint64 epoch) external view returns (uint256) {
        return EpochStore.weights(storeOf(epoch))[0];
    }

    /// @notice keccak256(abi.encode(members)) of the set of `epoch`.
    function setDigest(uint64 epoch) external view returns (bytes32 digest) {
        (digest,) = EpochStore.digests(storeOf(epoch));
    }

    /// @notice Digest of the policies in force during `epoch`.
    function policiesDigest(uint64 epoch) external view returns (bytes32 digest) {
        (, digest) = EpochStore.digests(storeOf(epoch));
    }

    /// @notice The second at which `epoch` started.
    function startedAt(uint64 epoch) external view returns (uint64) {
        if (_records[epoch].store == address(0)) revert UnknownEpoch(epoch);
        return _records[epoch].startedAt;
    }

    /// @dev Checks the members and adds up their weights.
    function _check(Member[] calldata members) private pure returns (uint256 total) {
        uint256 count = members.length;
        if (count == 0 || count > MAX_MEMBERS) revert MemberCountOutOfRange(count);
        address previous = address(0);
        for (uint256 i = 0; i < count; ++i) {
            Member calldata member = members[i];
            if (member.operator <= previous) revert MembersNotAscending(member.operator);
            if (member.weight == 0) revert ZeroWeight(member.operator);
            previous = member.operator;
            total += member.weight;
        }
    }
}
