// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";

/// @title OperatorAdmission
/// @notice Who may become an operator: in permissioned mode those that are listed, after the one-way switch everybody.
/// @dev The roles can let somebody in, delay, and announce. None of them moves stake, sets a weight or removes an
/// operator that has joined: that is what keeps a verdict out of an admin's hands.
abstract contract OperatorAdmission is AccessControl {
    /// @notice May list and unlist operators.
    bytes32 public constant LISTER_ROLE = keccak256("LISTER_ROLE");

    /// @notice May pause.
    bytes32 public constant PAUSER_ROLE = keccak256("PAUSER_ROLE");

    /// @notice How long a pause lasts at most. The next one can begin only as long after its end.
    uint48 public constant PAUSE_SECONDS = 7 days;

    /// @notice Whether everybody may join. Never becomes false again.
    bool public permissionless;

    /// @notice The first second that is not paused.
    uint48 public pausedUntil;

    /// @dev The first second at which somebody may pause again.
    uint48 private _nextPauseFrom;

    /// @notice Who may join in permissioned mode.
    mapping(address operator => bool) public listed;

    /// @notice An operator may join, or may no longer.
    event OperatorListed(address indexed operator, bool listed);

    /// @notice From now on everybody may join.
    event MadePermissionless();

    /// @notice Nobody joins and no epoch starts until then.
    event Paused(uint48 until);

    /// @notice This operator is not listed.
    error NotListed(address operator);

    /// @notice There is a pause.
    error PauseInForce(uint48 until);

    /// @notice The last pause was too short a while ago.
    error PauseTooSoon(uint48 from);

    /// @dev Refuses while there is a pause.
    modifier whenNotPaused() {
        if (block.timestamp < pausedUntil) revert PauseInForce(pausedUntil);
        _;
    }

    /// @param admin Has every role at first, and may hand them on or give them up.
    constructor(address admin) {
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
        _grantRole(LISTER_ROLE, admin);
        _grantRole(PAUSER_ROLE, admin);
    }

    /// @notice Lists operators, or takes them off the list. Who has joined stays.
    function list(address[] calldata operators, bool isListed) external onlyRole(LISTER_ROLE) {
        for (uint256 i = 0; i < operators.length; ++i) {
            listed[operators[i]] = isListed;
            emit OperatorListed(operators[i], isListed);
        }
    }

    /// @notice Lets everybody join from now on. There is no way back.
    function makePermissionless() external onlyRole(DEFAULT_ADMIN_ROLE) {
        permissionless = true;
        emit MadePermissionless();
    }

    /// @notice Stops joining and the start of epochs for PAUSE_SECONDS. Posting, leaving and withdrawing go on.
    function pause() external onlyRole(PAUSER_ROLE) {
        if (block.timestamp < _nextPauseFrom) revert PauseTooSoon(_nextPauseFrom);
        pausedUntil = uint48(block.timestamp) + PAUSE_SECONDS;
        _nextPauseFrom = pausedUntil + PAUSE_SECONDS;
        emit Paused(pausedUntil);
    }

    /// @notice Ends a pause.
    function unpause() external onlyRole(PAUSER_ROLE) {
        pausedUntil = uint48(block.timestamp);
        emit Paused(pausedUntil);
    }

    /// @dev Refuses who may not join.
    function _checkAdmitted(address operator) internal view {
        if (!permissionless && !listed[operator]) revert NotListed(operator);
    }
}
