// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// @title PaymentVault
/// @notice What lies at the address of a payment: it sends tokens where VerdictPayments says, and can do nothing else.
contract PaymentVault {
    using SafeERC20 for IERC20;

    /// @notice The contract that this one obeys.
    address public immutable payments;

    /// @notice Only VerdictPayments moves what is here.
    error NotThePayments(address sender);

    /// @dev Clones have the same code, so they obey the same contract.
    constructor() {
        payments = msg.sender;
    }

    /// @notice Sends tokens.
    function send(IERC20 token, address receiver, uint256 amount) external {
        if (msg.sender != payments) revert NotThePayments(msg.sender);
        token.safeTransfer(receiver, amount);
    }
}
