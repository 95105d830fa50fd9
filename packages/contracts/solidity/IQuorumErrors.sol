// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title IQuorumErrors
/// @notice Why a certificate is refused. Every contract on the way of a certificate inherits these, so that its ABI
/// alone is enough to decode the reason.
interface IQuorumErrors {
    /// @notice The certificate has a length that no certificate of this kind can have.
    error MalformedCertificate(uint256 length);

    /// @notice The signature at this place is not that of the member whose bit it belongs to, or is the malleable twin
    /// of one. Also what a signature over another digest leads to.
    error InvalidSignature(uint256 index);

    /// @notice A bit says that the member at this place has signed, and there is no such member.
    error UnknownSigner(uint256 member);

    /// @notice The signed weight is not more than two thirds of the total weight.
    error QuorumNotReached(uint256 signedWeight, uint256 totalWeight);

    /// @notice This place among the members is not above the one before it: out of order, or there twice.
    error NonSignersNotAscending(uint256 member);

    /// @notice There is no member at this place, or it has no key that could be subtracted.
    error UnknownNonSigner(uint256 member);

    /// @notice The aggregate signature is not that of all keyed members without the non-signers.
    error InvalidAggregate();
}
