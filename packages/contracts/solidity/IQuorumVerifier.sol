// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IQuorumErrors} from "./IQuorumErrors.sol";

/// @title IQuorumVerifier
/// @notice Decides whether a certificate carries cosignatures of more than 2/3 of an epoch's weight. One
/// implementation for each signature scheme; the encoding of the certificate is the implementation's own.
interface IQuorumVerifier is IQuorumErrors {
    /// @notice The signature scheme, "ecdsa" or "bls": what operators cosign with, and how certificates are encoded.
    function scheme() external pure returns (string memory);

    /// @notice Returns when `certificate` is good and reverts with one of `IQuorumErrors` when it is not.
    /// @dev A verifier keeps nothing and trusts its caller for the snapshot, so whoever asks must know where it has it
    /// from. Whether the epoch may still be used is the caller's question too.
    /// @param snapshot The epoch's snapshot, as EpochStore writes it: whose signatures and weights count.
    /// @param digest What every signer must have signed.
    /// @param certificate The cosignatures.
    /// @return signedWeight The weight that signed; always more than 2/3 of the epoch's total weight.
    function verify(address snapshot, bytes32 digest, bytes calldata certificate)
        external
        view
        returns (uint256 signedWeight);
}
