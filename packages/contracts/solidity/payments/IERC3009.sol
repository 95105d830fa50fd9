// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title IERC3009
/// @notice The part of EIP-3009 that payments use; USDC has it.
interface IERC3009 {
    /// @notice Moves `value` as `from` has signed. Anyone may call it, once for each nonce.
    function transferWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external;

    /// @notice Whether a nonce is used or cancelled.
    function authorizationState(address authorizer, bytes32 nonce) external view returns (bool);
}
