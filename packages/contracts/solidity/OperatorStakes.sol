// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {OperatorSeats} from "./OperatorSeats.sol";

/// @title OperatorStakes
/// @notice Who has staked for which operator. An operator is the address that signs; its owner is the account that
/// staked for it, and the only one that gets the stake back.
/// @dev Stake leaves in two ways: to its owner, after the last epoch in which it could have counted has been over for
/// `unbondingSeconds` and while nothing is held against the operator; or to the slasher.
abstract contract OperatorStakes is OperatorSeats, EIP712 {
    using SafeERC20 for IERC20;

    /// @notice EIP-712 type of an operator's consent to join.
    bytes32 public constant JOIN_TYPEHASH = keccak256("Join(address operator,address owner,uint64 joins)");

    /// @notice What is staked; a plain ERC-20 that moves just what it is told to.
    IERC20 public immutable stakeToken;

    /// @notice For how long after its last epoch an operator's stake stays.
    uint48 public immutable unbondingSeconds;

    /// @notice The contract that may hold and take stake: never an account.
    address public immutable slasher;

    /// @notice How many times an operator has joined: a consent is good for one time.
    mapping(address operator => uint64) public joinsOf;

    /// @notice Somebody has staked for an operator.
    event OperatorJoined(address indexed operator, address indexed owner, uint96 stake);

    /// @notice More is at stake.
    event StakeAdded(address indexed operator, uint96 stake);

    /// @notice An owner has its stake back.
    event StakeWithdrawn(address indexed operator, address indexed owner, uint96 stake);

    /// @notice The slasher has taken a share of a stake.
    event StakeSlashed(address indexed operator, uint96 taken, uint96 left);

    /// @notice Somebody has staked for this operator already.
    error AlreadyJoined(address operator);

    /// @notice The operator has not signed that it wants this owner.
    error JoinNotWanted(address operator);

    /// @notice The token moved another amount than it was told to.
    error TokenNotPlain();

    /// @notice Only the operator's owner may do this.
    error NotTheOwner(address operator);

    /// @notice The operator has not left, or its stake is still bound.
    error StakeBound(address operator);

    /// @notice Only the slasher may do this.
    error NotTheSlasher(address sender);

    /// @dev Refuses everybody but the slasher.
    modifier onlySlasher() {
        if (msg.sender != slasher) revert NotTheSlasher(msg.sender);
        _;
    }

    constructor(IERC20 stakeToken_, uint48 unbondingSeconds_, address slasher_) {
        stakeToken = stakeToken_;
        unbondingSeconds = unbondingSeconds_;
        slasher = slasher_;
    }

    /// @notice Stakes for an operator, which takes a free seat or challenges the holder of one; the caller becomes its
    /// owner.
    /// @param operator Who will sign.
    /// @param stake What the caller stakes; it must have approved as much.
    /// @param consent The operator's signature of `joinDigest`.
    function join(address operator, uint96 stake, bytes calldata consent) external whenNotPaused {
        _checkAdmitted(operator);
        Operator storage record = _operators[operator];
        if (record.owner != address(0)) revert AlreadyJoined(operator);
        (address signer,,) = ECDSA.tryRecoverCalldata(joinDigest(operator, msg.sender), consent);
        if (signer == address(0) || signer != operator) revert JoinNotWanted(operator);
        ++joinsOf[operator];
        record.owner = msg.sender;
        record.stake = stake;
        emit OperatorJoined(operator, msg.sender, stake);
        _takeSeat(operator);
        _pull(stake);
    }

    /// @notice Takes a seat with the stake of an operator that has none but whose stake is still here, and `amount`
    /// more: an operator that was put out, has resigned, or has challenged in vain.
    function rejoin(address operator, uint96 amount) external whenNotPaused {
        _checkOwner(operator);
        _checkAdmitted(operator);
        Operator storage record = _operators[operator];
        if (record.seat > 0 || record.rival != address(0)) revert AlreadyJoined(operator);
        record.stake += amount;
        emit StakeAdded(operator, record.stake);
        _takeSeat(operator);
        _pull(amount);
    }

    /// @notice Adds to the stake of an operator that has a seat. Anyone may; it is the owner's from then on. A
    /// challenge that is then not a margin above the stake has failed.
    function addStake(address operator, uint96 amount) external whenNotPaused {
        Operator storage record = _operators[operator];
        if (record.seat == 0) revert NotSeated(operator);
        record.stake += amount;
        emit StakeAdded(operator, record.stake);
        _keepSeat(operator);
        _pull(amount);
    }

    /// @notice Gives up an operator's seat or its challenge: it counts in no epoch to come. Nobody can stop its owner
    /// from that.
    function resign(address operator) external {
        _checkOwner(operator);
        _leave(operator);
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
        if (record.owner == address(0) || record.seat > 0 || record.rival != address(0)) return type(uint256).max;
        if (record.leftDuring == 0) return 0;
        uint48 ended = _endOf(record.leftDuring);
        return ended == 0 ? type(uint256).max : ended + unbondingSeconds;
    }

    /// @dev The second at which an epoch ended; 0 while it runs.
    function _endOf(uint64 epoch) internal view virtual returns (uint48);

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
