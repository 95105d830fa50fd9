// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {OperatorAdmission} from "./OperatorAdmission.sol";

/// @title OperatorSeats
/// @notice Who has a seat, who challenges for one, and from which epoch on each counts.
/// @dev A seat is free or has a holder, and its holder has one challenger at most. A challenger takes the seat at the
/// start of the epoch from which it counts, at least one whole epoch after it came; until then the holder counts, and
/// keeps the seat when it brings its stake to less than a margin below the challenger's. A challenger cannot raise: it
/// would do so in the last second. Whoever loses a seat therefore had a whole epoch to answer.
abstract contract OperatorSeats is OperatorAdmission {
    /// @notice An operator's standing, in three slots.
    /// @param owner Who staked for it; zero when nobody has.
    /// @param stake What is at stake, and the weight in epochs to come while the operator has a seat that counts.
    /// @param leftDuring The last epoch that ran when the operator gave up or lost a seat that counted; 0 when none.
    /// @param openCases How many cases of the slasher wait for their end.
    /// @param seat Its place among those that have a seat, from 1 on; 0 when it has none.
    /// @param countsFrom The first epoch in which its seat, or the one that it challenges for, counts as its own.
    /// @param rival With a seat: who challenges for it. Without: whose seat it challenges for. Zero for nobody.
    struct Operator {
        address owner;
        uint96 stake;
        uint64 leftDuring;
        uint32 openCases;
        uint16 seat;
        uint64 countsFrom;
        address rival;
    }

    /// @notice The most operators that can have a seat.
    uint256 public constant MAX_MEMBERS = 128;

    /// @notice The denominator of shares.
    uint256 public constant BASIS_POINTS = 10_000;

    /// @notice By how much a challenger's stake must exceed what it challenges: a tenth. With a margin, keeping a seat
    /// is cheaper than taking it, so an attacker pays more than those who answer; and two who compete for a seat take
    /// few turns, since each costs a tenth more. With a large one, low stakes would hold seats against much higher ones.
    uint256 public constant CHALLENGE_MARGIN = 1_000;

    /// @notice The least that an operator stakes, and must still have to count in an epoch.
    uint96 public immutable minimumStake;

    mapping(address operator => Operator) internal _operators;

    address[] private _seated;

    /// @notice An operator has a seat, and counts from `countsFrom` on.
    event SeatTaken(address indexed operator, uint64 countsFrom);

    /// @notice An operator takes the seat of `holder` when `countsFrom` starts, unless the holder tops up.
    event SeatChallenged(address indexed holder, address indexed challenger, uint96 stake, uint64 countsFrom);

    /// @notice A challenge is over, and the seat stays with who has it.
    event ChallengeEnded(address indexed holder, address indexed challenger);

    /// @notice An operator has given up its seat, or lost it to one with more stake.
    event OperatorLeft(address indexed operator, uint64 leftDuring);

    /// @notice The stake is below the minimum, or not a margin above the lowest one where all seats are taken.
    error StakeTooLow(uint96 stake, uint256 needed);

    /// @notice The operator has no seat.
    error NotSeated(address operator);

    constructor(uint96 minimumStake_) {
        minimumStake = minimumStake_;
    }

    /// @dev The epoch that runs.
    function _runningEpoch() internal view virtual returns (uint64);

    /// @dev Gives an operator a free seat, or makes it the challenger for the lowest one.
    function _takeSeat(address operator) internal {
        Operator storage record = _operators[operator];
        if (record.stake < minimumStake) revert StakeTooLow(record.stake, minimumStake);
        uint64 running = _runningEpoch();
        // Before the first epoch nobody counts, so nobody needs time to answer.
        record.countsFrom = running == 0 ? 0 : running + 2;
        if (_seated.length == MAX_MEMBERS) {
            _challengeLowest(operator);
        } else {
            _seated.push(operator);
            record.seat = uint16(_seated.length);
            emit SeatTaken(operator, record.countsFrom);
        }
    }

    /// @dev Ends the challenge for an operator's seat if it is no longer a margin above the operator's stake.
    function _keepSeat(address operator) internal {
        Operator storage record = _operators[operator];
        if (record.rival == address(0) || _operators[record.rival].stake >= _neededAbove(record.stake)) return;
        _endChallenge(record.rival);
    }

    /// @dev Takes an operator's challenge or seat from it. The seat goes to its challenger, which counts when it would
    /// have; otherwise the last of the seated gets the place.
    function _leave(address operator) internal {
        Operator storage record = _operators[operator];
        address rival = record.rival;
        if (record.seat == 0) {
            if (rival == address(0)) revert NotSeated(operator);
            _endChallenge(operator);
        } else if (rival != address(0)) {
            _handOver(operator, rival, _runningEpoch());
        } else {
            address last = _seated[_seated.length - 1];
            _seated[record.seat - 1] = last;
            _operators[last].seat = record.seat;
            _seated.pop();
            _unseat(operator, _runningEpoch());
        }
    }

    /// @dev Gives seats to the challengers whose time has come, and lists those that count in `epoch`, which starts
    /// now: each as operator << 96 | stake, in no order.
    function _seatEpoch(uint64 epoch) internal returns (uint256[] memory words) {
        words = new uint256[](_seated.length);
        uint256 counted = 0;
        for (uint256 i = 0; i < words.length; ++i) {
            address operator = _settledSeat(_seated[i], epoch);
            Operator storage record = _operators[operator];
            if (record.countsFrom <= epoch && record.stake >= minimumStake) words[counted++] = _word(operator);
        }
        if (counted == 0) counted = _listWaiting(words);
        assembly ("memory-safe") {
            mstore(words, counted)
        }
    }

    /// @dev Where everybody that counted has left, those that wait count at once: otherwise no epoch could ever start.
    function _listWaiting(uint256[] memory words) private view returns (uint256 counted) {
        for (uint256 i = 0; i < words.length; ++i) {
            if (_operators[_seated[i]].stake >= minimumStake) words[counted++] = _word(_seated[i]);
        }
    }

    /// @dev Who has the seat of `holder` in `epoch`, after its challenger has taken it or failed.
    function _settledSeat(address holder, uint64 epoch) private returns (address) {
        address rival = _operators[holder].rival;
        if (rival == address(0) || _operators[rival].countsFrom > epoch) return holder;
        // What is slashed while it waits may no longer be enough.
        if (_operators[rival].stake < _neededAbove(_operators[holder].stake)) {
            _endChallenge(rival);
            return holder;
        }
        _handOver(holder, rival, epoch - 1);
        return rival;
    }

    /// @dev Makes `operator` the challenger for the seat with the lowest bid: a seat's bid is its challenger's stake, or
    /// its holder's where it has none. It needs a margin above that; a challenger that it outbids has failed.
    function _challengeLowest(address operator) private {
        address lowest = _seated[0];
        uint96 least = type(uint96).max;
        for (uint256 i = 0; i < MAX_MEMBERS; ++i) {
            Operator storage holder = _operators[_seated[i]];
            uint96 bid = holder.rival == address(0) ? holder.stake : _operators[holder.rival].stake;
            if (bid < least) (lowest, least) = (_seated[i], bid);
        }
        Operator storage record = _operators[operator];
        if (record.stake < _neededAbove(least)) revert StakeTooLow(record.stake, _neededAbove(least));
        address outbid = _operators[lowest].rival;
        if (outbid != address(0)) _endChallenge(outbid);
        _operators[lowest].rival = operator;
        record.rival = lowest;
        emit SeatChallenged(lowest, operator, record.stake, record.countsFrom);
    }

    /// @dev Ends a challenge in vain. The challenger's stake never counted, so nothing new binds it.
    function _endChallenge(address challenger) private {
        address holder = _operators[challenger].rival;
        _operators[holder].rival = address(0);
        _operators[challenger].rival = address(0);
        emit ChallengeEnded(holder, challenger);
    }

    /// @dev Gives the seat of `holder`, which last counted in `last`, to its challenger.
    function _handOver(address holder, address rival, uint64 last) private {
        uint16 seat = _operators[holder].seat;
        _seated[seat - 1] = rival;
        _operators[rival].seat = seat;
        _operators[rival].rival = address(0);
        _operators[holder].rival = address(0);
        emit SeatTaken(rival, _operators[rival].countsFrom);
        _unseat(holder, last);
    }

    /// @dev Notes that an operator has no seat any more. Stake that never counted is not bound by that.
    function _unseat(address operator, uint64 running) private {
        Operator storage record = _operators[operator];
        record.seat = 0;
        if (record.countsFrom <= running) record.leftDuring = running;
        emit OperatorLeft(operator, record.leftDuring);
    }

    /// @dev The least stake that is a margin above `stake`.
    function _neededAbove(uint96 stake) private pure returns (uint256) {
        return (uint256(stake) * (BASIS_POINTS + CHALLENGE_MARGIN) + BASIS_POINTS - 1) / BASIS_POINTS;
    }

    /// @dev An operator and its stake in one word.
    function _word(address operator) private view returns (uint256) {
        return (uint256(uint160(operator)) << 96) | _operators[operator].stake;
    }
}
