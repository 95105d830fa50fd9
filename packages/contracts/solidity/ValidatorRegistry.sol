// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Arrays} from "@openzeppelin/contracts/utils/Arrays.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {BlsKeyRegistry} from "./BlsKeyRegistry.sol";
import {EpochStore} from "./EpochStore.sol";
import {IEpochListener} from "./IEpochListener.sol";
import {Member} from "./Member.sol";
import {OperatorAdmission} from "./OperatorAdmission.sol";
import {OperatorSeats} from "./OperatorSeats.sol";
import {OperatorStakes} from "./OperatorStakes.sol";

/// @title ValidatorRegistry
/// @notice The validator set and weights of every epoch, made from stake. What belongs to an epoch never changes once
/// it has started.
/// @dev A snapshot is kept as code, which is cheap to read as a whole: see EpochStore. Nobody names a set: whoever has
/// a seat that counts and enough stake when an epoch starts is in it, with the stake as weight.
contract ValidatorRegistry is OperatorStakes {
    /// @notice What a contract needs to know of an epoch before it trusts a certificate.
    struct Snapshot {
        bytes32 setDigest;
        bytes32 policiesDigest;
        uint64 startedAt;
        bool checkable;
    }

    /// @notice What is fixed when the registry is deployed.
    /// @param stakeToken What is staked.
    /// @param minimumStake The least that an operator stakes.
    /// @param epochSeconds How long an epoch lasts at least; not less than `graceSeconds`.
    /// @param graceSeconds For how long after an epoch has started the one before it is still checkable.
    /// @param unbondingSeconds For how long after its last epoch an operator's stake stays; more than `graceSeconds`.
    /// @param slasher The contract that may take stake.
    /// @param hub Who is told of epochs.
    /// @param blsKeys Where BLS keys come from; zero for a network that uses none.
    struct Settings {
        IERC20 stakeToken;
        uint96 minimumStake;
        uint32 epochSeconds;
        uint32 graceSeconds;
        uint32 unbondingSeconds;
        address slasher;
        IEpochListener hub;
        BlsKeyRegistry blsKeys;
    }

    /// @dev One slot. `checkableUntil` is the first second at which the epoch is no longer checkable.
    struct EpochRecord {
        address store;
        uint48 startedAt;
        uint48 checkableUntil;
    }

    /// @notice May announce the policies of epochs to come.
    bytes32 public constant POLICY_ROLE = keccak256("POLICY_ROLE");

    /// @notice How long an epoch lasts at least.
    uint32 public immutable epochSeconds;

    /// @notice For how long after an epoch has started the one before it is still checkable.
    uint32 public immutable graceSeconds;

    /// @notice Who is told of epochs.
    IEpochListener public immutable hub;

    /// @notice Where BLS keys come from; zero for a network that uses none.
    BlsKeyRegistry public immutable blsKeys;

    /// @notice The epoch that runs now; 0 before the first one.
    uint64 public currentEpoch;

    /// @notice Digest of the policies that the next epoch starts with.
    bytes32 public nextPoliciesDigest;

    mapping(uint64 epoch => EpochRecord) private _records;

    /// @notice An epoch has started, and with it a new validator set.
    event EpochStarted(
        uint64 indexed epoch, bytes32 setDigest, bytes32 policiesDigest, uint256 totalWeight, uint256 memberCount
    );

    /// @notice The next epoch starts with these policies.
    event PoliciesAnnounced(bytes32 policiesDigest);

    /// @notice An epoch lasts at least as long as the grace of the one before it, and unbonding longer.
    error SettingsOutOfRange();

    /// @notice A set has at least one member.
    error NoMembers();

    /// @notice The running epoch is too young.
    error EpochTooYoung(uint256 startableFrom);

    /// @notice No such epoch has started.
    error UnknownEpoch(uint64 epoch);

    /// @param admin Has every role at first.
    /// @param settings What is fixed for good.
    /// @param policiesDigest_ Digest of the policies that the first epoch starts with.
    constructor(address admin, Settings memory settings, bytes32 policiesDigest_)
        EIP712("Assay registry", "1")
        OperatorAdmission(admin)
        OperatorSeats(settings.minimumStake)
        OperatorStakes(settings.stakeToken, settings.unbondingSeconds, settings.slasher)
    {
        if (settings.epochSeconds < settings.graceSeconds || settings.unbondingSeconds <= settings.graceSeconds) {
            revert SettingsOutOfRange();
        }
        if (settings.minimumStake == 0) revert SettingsOutOfRange();
        epochSeconds = settings.epochSeconds;
        graceSeconds = settings.graceSeconds;
        hub = settings.hub;
        blsKeys = settings.blsKeys;
        nextPoliciesDigest = policiesDigest_;
        _grantRole(POLICY_ROLE, admin);
    }

    /// @notice Announces the policies of the next epoch. Operators that do not know them do not sign under them.
    function announcePolicies(bytes32 policiesDigest_) external onlyRole(POLICY_ROLE) {
        nextPoliciesDigest = policiesDigest_;
        emit PoliciesAnnounced(policiesDigest_);
    }

    /// @notice Ends the running epoch, if there is one, and starts the next. The first one an admin starts, every
    /// later one anybody, once the running one has lasted `epochSeconds`.
    /// @return epoch The number of the epoch; the first one is 1.
    function startEpoch() external whenNotPaused returns (uint64 epoch) {
        uint64 ended = currentEpoch;
        uint48 now_ = uint48(block.timestamp);
        if (ended == 0) {
            _checkRole(DEFAULT_ADMIN_ROLE);
        } else {
            uint256 startableFrom = uint256(_records[ended].startedAt) + epochSeconds;
            if (now_ < startableFrom) revert EpochTooYoung(startableFrom);
            _records[ended].checkableUntil = now_ + graceSeconds;
        }
        epoch = ended + 1;
        currentEpoch = epoch;
        address store = _writeSnapshot(epoch);
        _records[epoch] = EpochRecord(store, now_, type(uint48).max);
        // Seconds until the year 2106.
        // forge-lint: disable-next-line(unsafe-typecast)
        hub.epochStarted(epoch, store, uint32(now_ + graceSeconds));
    }

    /// @notice Whether certificates of `epoch` are taken now: it is the current one, or the previous one and fewer
    /// than `graceSeconds` have passed since the current one started.
    function isCheckable(uint64 epoch) public view returns (bool) {
        return block.timestamp < _records[epoch].checkableUntil;
    }

    /// @notice The facts of an epoch in one call; an epoch that has not started is all zero and not checkable.
    function snapshotOf(uint64 epoch) external view returns (Snapshot memory) {
        EpochRecord memory record = _records[epoch];
        if (record.store == address(0)) return Snapshot(0, 0, 0, false);
        (bytes32 set, bytes32 policies) = EpochStore.digests(record.store);
        return Snapshot(set, policies, record.startedAt, isCheckable(epoch));
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

    /// @notice The BLS keys of `epoch`, 192 bytes for each member in the members' order, zero for none; empty for an
    /// epoch without BLS keys.
    function blsKeysOf(uint64 epoch) external view returns (bytes memory) {
        return EpochStore.keys(storeOf(epoch));
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
        storeOf(epoch);
        return _records[epoch].startedAt;
    }

    /// @inheritdoc OperatorStakes
    function _endOf(uint64 epoch) internal view override returns (uint48) {
        return _records[epoch + 1].startedAt;
    }

    /// @inheritdoc OperatorSeats
    function _runningEpoch() internal view override returns (uint64) {
        return currentEpoch;
    }

    /// @dev Makes the set of an epoch out of those who have a seat, and keeps it.
    function _writeSnapshot(uint64 epoch) private returns (address) {
        uint256[] memory words = Arrays.sort(_seatEpoch(epoch));
        if (words.length == 0) revert NoMembers();
        Member[] memory members = new Member[](words.length);
        uint256 total = 0;
        for (uint256 i = 0; i < words.length; ++i) {
            members[i] = Member(EpochStore.operatorOf(words[i]), EpochStore.weightOf(words[i]));
            total += members[i].weight;
        }
        uint256[] memory keys = address(blsKeys) == address(0) ? new uint256[](0) : blsKeys.epochKeys(members);
        bytes32 digest = keccak256(abi.encode(members));
        bytes32 policies = nextPoliciesDigest;
        emit EpochStarted(epoch, digest, policies, total, members.length);
        return EpochStore.write(members, digest, policies, total, keys);
    }
}
