// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice One operator of an epoch's validator set.
/// @param operator The EVM address that signs for the operator.
/// @param weight The operator's stake; more than zero.
struct Member {
    address operator;
    uint96 weight;
}
