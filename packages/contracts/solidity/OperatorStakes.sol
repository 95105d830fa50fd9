// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {OperatorAdmission} from "./OperatorAdmission.sol";

/// @title OperatorStakes
/// @notice Who has staked for which operator. An operator is the address that signs; its owner is the account that
/// staked for it, and the only one that gets the stake back.
/// @dev Stake leaves in two ways: to its owner, after the last epoch in which it could have counted has been over for
/// `unbondingSeconds` and while nothing is held against the operator; or to the slasher.
abstract contract OperatorStakes is OperatorAdmission, EIP712 {
    using SafeERC20 for IERC20;

    /// @notice An operator's standing, in two slots.
    /// @param owner Who staked for it; zero when nobody has.
    /// @param stake What is at stake, and the weight in epochs to come while the operator has a seat.
    /// @param leftDuring The epoch that ran when the operator left; 0 when none had started.
    /// @param openCases How many cases of the slasher wait for their end.
    /// @param seat Its place among those that have a seat, from 1 on; 0 when it has left.
    struct Operator {
        address owner;
        uint96 stake;
        uint64 leftDuring;
        uint32 openCases;
        uint16 seat;
    }

    /// @notice EIP-712 type of an operator's consent to join.
    bytes32 public constant JOIN_TYPEHASH = keccak256("Join(address operator,address owner,uint64 joins)");

    /// @notice The most operators that can have a seat.
    uint256 public constant MAX_MEMBERS = 128;

    /// @notice The denominator of shares.
    uint256 public constant BASIS_POINTS = 10_000;

    /// @notice What is staked; a plain ERC-20 that moves just what it is told to.
    IERC20 public immutable stakeToken;

    /// @notice The least that an operator stakes, and must still have to count in an epoch.
    uint96 public immutable minimumStake;

    /// @notice For how long after its last epoch an operator's stake stays.
    uint48 public immutable unbondingSeconds;

    /// @notice The contract that may hold and take stake: never an account.
    address public immutable slasher;

    /// @notice How many times an operator has joined: a consent is good for one time.
    mapping(address operator => uint64) public joinsOf;

    mapping(address operator => Operator) private _operators;

    address[] private _seated;

    /// @notice An operator has a seat, and counts from the next epoch on.
    event OperatorJoined(address indexed operator, address indexed owner, uint96 stake);

    /// @notice More is at stake.
    event StakeAdded(address indexed operator, uint96 stake);

    /// @notice An operator has given up its seat, or lost it to one with more stake.
    event OperatorLeft(address indexed operator, uint64 leftDuring);

    /// @notice An owner has its stake back.
    event StakeWithdrawn(address indexed operator, address indexed owner, uint96 stake);

    /// @notice The slasher has taken a share of a stake.
    event StakeSlashed(address indexed operator, uint96 taken, uint96 left);

    /// @notice Somebody has staked for this operator already.
    error AlreadyJoined(address operator);

    /// @notice The operator has not signed that it wants this owner.
    error JoinNotWanted(address operator);

    /// @notice The stake is below the minimum, or not above the lowest one where all seats are taken.
    error StakeTooLow(uint96 stake, uint96 needed);

    /// @notice The token moved another amount than it was told to.
    error TokenNotPlain();

    /// @notice Only the operator's owner may do this.
    error NotTheOwner(address operator);

    /// @notice The operator has no seat.
    error NotSeated(address operator);

    /// @notice The operator has not left, or its stake is still bound.
    error StakeBound(address operator);

    /// @notice Only the slasher may do this.
    error NotTheSlasher(address sender);

    /// @dev Refuses everybody but the slasher.
    modifier onlySlasher() {
        if (msg.sender != slasher) revert NotTheSlasher(msg.sender);
        _;
    }

    constructor(IERC20 stakeToken_, uint96 minimumStake_, uint48 unbondingSeconds_, address slasher_) {
        stakeToken = stakeToken_;
        minimumStake = minimumStake_;
        unbondingSeconds = unbondingSeconds_;
        slasher = slasher_;
    }

    /// @notice Stakes for an operator and takes a seat; the caller becomes its owner. Where all seats are taken, the
    /// one with the lowest stake loses its own, if that is below `stake`.
    /// @param operator Who will sign.
    /// @param stake What the caller stakes; it must have approved as much.
    /// @param consent The operator's signature of `joinDigest`.
    function join(address operator, uint96 stake, bytes calldata consent) external whenNotPaused {
        _checkAdmitted(operator);
        if (_operators[operator].owner != address(0)) revert AlreadyJoined(operator);
        if (stake < minimumStake) revert StakeTooLow(stake, minimumStake);
        (address signer,,) = ECDSA.tryRecoverCalldata(joinDigest(operator, msg.sender), consent);
        if (signer == address(0) || signer != operator) revert JoinNotWanted(operator);
        ++joinsOf[operator];
        if (_seated.length == MAX_MEMBERS) _unseatLowest(stake);
        _seated.push(operator);
        _operators[operator] = Operator(msg.sender, stake, 0, 0, uint16(_seated.length));
        emit OperatorJoined(operator, msg.sender, stake);
        _pull(stake);
    }

    /// @notice Adds to the stake of an operator that has a seat. Anyone may; it is the owner's from then on.
    function addStake(address operator, uint96 amount) external whenNotPaused {
        Operator storage record = _operators[operator];
        if (record.seat == 0) revert NotSeated(operator);
        record.stake += amount;
        emit StakeAdded(operator, record.stake);
        _pull(amount);
    }

    /// @notice Gives up an operator's seat: it counts in no epoch to come. Nobody can stop its owner from that.
    function resign(address operator) external {
        _checkOwner(operator);
        if (_operators[operator].seat == 0) revert NotSeated(operator);
        _unseat(operator);
    }

    /// @notice Pays the stake of an operator that has left back to its owner, once it is unbound.
    function withdraw(address operator) external {
        _checkOwner(operator);
        Operator memory record = _operators[operator];
        if (block.timestamp < unboundFrom(operator) || record.openCases > 0) revert StakeBound(operator);
        delete _operators[operator];
        emit StakeWithdrawn(operator, record.owner, record.stake);
        stakeToken.safeTransfer(record.owner, record.stake);
    }

    /// @notice Binds the stake of an operator while a case against it waits.
    function holdStake(address operator) external onlySlasher {
        ++_operators[operator].openCases;
    }

    /// @notice Ends a case without taking anything.
    function releaseStake(address operator) external onlySlasher {
        --_operators[operator].openCases;
    }

    /// @notice Ends a case and takes a share of what the operator has at stake.
    /// @return taken What the slasher got.
    function takeStake(address operator, uint256 share) external onlySlasher returns (uint96 taken) {
        Operator storage record = _operators[operator];
        --record.openCases;
        // A share of a uint96 is one.
        // forge-lint: disable-next-line(unsafe-typecast)
        taken = uint96((uint256(record.stake) * share) / BASIS_POINTS);
        record.stake -= taken;
        emit StakeSlashed(operator, taken, record.stake);
        stakeToken.safeTransfer(slasher, taken);
    }

    /// @notice What an operator signs so that `owner` may stake for it.
    function joinDigest(address operator, address owner) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(JOIN_TYPEHASH, operator, owner, joinsOf[operator])));
    }

    /// @notice An operator's standing.
    function operatorOf(address operator) external view returns (Operator memory) {
        return _operators[operator];
    }

    /// @notice The first second at which a stake can be withdrawn; as late as can be while it is not known.
    function unboundFrom(address operator) public view returns (uint256) {
        Operator memory record = _operators[operator];
        if (record.owner == address(0) || record.seat > 0) return type(uint256).max;
        if (record.leftDuring == 0) return 0;
        uint48 ended = _endOf(record.leftDuring);
        return ended == 0 ? type(uint256).max : ended + unbondingSeconds;
    }

    /// @dev The second at which an epoch ended; 0 while it runs.
    function _endOf(uint64 epoch) internal view virtual returns (uint48);

    /// @dev The epoch that runs.
    function _runningEpoch() internal view virtual returns (uint64);

    /// @dev Those that count in an epoch that starts now, each as operator << 96 | stake, in no order.
    function _weights() internal view returns (uint256[] memory words) {
        words = new uint256[](_seated.length);
        uint256 counted = 0;
        for (uint256 i = 0; i < words.length; ++i) {
            address operator = _seated[i];
            uint96 stake = _operators[operator].stake;
            if (stake < minimumStake) continue;
            words[counted++] = (uint256(uint160(operator)) << 96) | stake;
        }
        assembly ("memory-safe") {
            mstore(words, counted)
        }
    }

    /// @dev Takes the seat from the operator with the lowest stake, which must be below `stake`.
    function _unseatLowest(uint96 stake) private {
        address lowest = _seated[0];
        uint96 least = _operators[lowest].stake;
        for (uint256 i = 1; i < MAX_MEMBERS; ++i) {
            uint96 other = _operators[_seated[i]].stake;
            if (other < least) (lowest, least) = (_seated[i], other);
        }
        if (stake <= least) revert StakeTooLow(stake, least + 1);
        _unseat(lowest);
    }

    /// @dev Takes an operator's seat; the last of the seated gets it.
    function _unseat(address operator) private {
        Operator storage record = _operators[operator];
        address last = _seated[_seated.length - 1];
        _seated[record.seat - 1] = last;
        _operators[last].seat = record.seat;
        _seated.pop();
        record.seat = 0;
        record.leftDuring = _runningEpoch();
        emit OperatorLeft(operator, record.leftDuring);
    }

    /// @dev Takes `amount` from the caller.
    function _pull(uint96 amount) private {
        uint256 before = stakeToken.balanceOf(address(this));
        stakeToken.safeTransferFrom(msg.sender, address(this), amount);
        if (stakeToken.balanceOf(address(this)) - before != amount) revert TokenNotPlain();
    }

    /// @dev Refuses everybody but the operator's owner.
    function _checkOwner(address operator) private view {
        if (_operators[operator].owner != msg.sender) revert NotTheOwner(operator);
    }
}
