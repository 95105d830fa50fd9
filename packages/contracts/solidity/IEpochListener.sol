// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title IEpochListener
/// @notice Who is told that an epoch has started, so that it need not ask for each certificate.
interface IEpochListener {
    /// @notice An epoch has started.
    /// @param epoch Its number; the first one is 1, and none is left out.
    /// @param snapshot Its snapshot, as EpochStore writes it.
    /// @param previousUntil The first second at which the epoch before it is no longer checkable.
    function epochStarted(uint64 epoch, address snapshot, uint32 previousUntil) external;
}
