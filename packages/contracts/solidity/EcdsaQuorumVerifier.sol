// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Arrays} from "@openzeppelin/contracts/utils/Arrays.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {EpochStore} from "./EpochStore.sol";
import {IQuorumVerifier} from "./IQuorumVerifier.sol";

/// @title EcdsaQuorumVerifier
/// @notice Certificates made of secp256k1 signatures: 16 bytes that say who has signed (bit i, counted from the lowest
/// one, is the member at place i), and then for each bit that is set, from the lowest up, that member's signature in
/// the form of EIP-2098: 32 bytes r, 32 bytes s with the parity of y as its highest bit.
/// @dev A signature belongs to the member of its bit: nobody can be in twice, and there is no order but one.
contract EcdsaQuorumVerifier is IQuorumVerifier {
    using Arrays for uint256[];

    /// @notice Length of the signers' bits, which a certificate begins with.
    uint256 public constant SIGNERS_LENGTH = 16;

    /// @notice Length of one signature in a certificate.
    uint256 public constant SIGNATURE_LENGTH = 64;

    /// @dev Half the order of the curve: a signature with a higher s is the malleable twin of another one.
    uint256 private constant HIGHEST_S = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;

    uint256 private constant S_MASK = 0x7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff;
    uint256 private constant WEIGHT_MASK = 0xffffffffffffffffffffffff;

    /// @inheritdoc IQuorumVerifier
    function scheme() external pure returns (string memory) {
        return "ecdsa";
    }

    /// @inheritdoc IQuorumVerifier
    function verify(address snapshot, bytes32 digest, bytes calldata certificate)
        external
        view
        returns (uint256 signedWeight)
    {
        // Nothing overflows: a certificate is shorter than 2^64 bytes, and 128 weights have less than 2^103 together.
        unchecked {
            uint256 length = certificate.length;
            if (length < SIGNERS_LENGTH || (length - SIGNERS_LENGTH) % SIGNATURE_LENGTH != 0) {
                revert MalformedCertificate(length);
            }
            uint256[] memory words = EpochStore.weights(snapshot);
            // The first 16 bytes are the bitmap; the rest is read below.
            // forge-lint: disable-next-line(unsafe-typecast)
            uint256 signers = uint128(bytes16(certificate));
            if (signers >> (words.length - 1) != 0) revert UnknownSigner(Math.log2(signers));
            signedWeight = _signedWeight(words, signers, digest, certificate);
            uint256 totalWeight = words.unsafeMemoryAccess(0);
            if (signedWeight * 3 <= totalWeight * 2) revert QuorumNotReached(signedWeight, totalWeight);
        }
    }

    /// @dev Checks the signature of each member that has its bit in `signers`, and adds up their weights. Each costs
    /// the chain's price of ecrecover and about 130 gas. `words` is what EpochStore.weights gives; no bit lies beyond it.
    function _signedWeight(uint256[] memory words, uint256 signers, bytes32 digest, bytes calldata certificate)
        private
        view
        returns (uint256 signed)
    {
        uint256 place;
        bool failed;
        assembly ("memory-safe") {
            place := add(certificate.offset, 0x10)
            // ecrecover's input: digest, v, r, s. Its answer goes to 0x20, and has 0x20 bytes: where there is no signer,
            // it has none, and what is read instead of it is the word at 0x00, which is no address.
            let input := mload(0x40)
            mstore(input, digest)
            mstore(0x00, not(0))
            for { let entry := add(words, 0x40) } signers { entry := add(entry, 0x20) } {
                if and(signers, 1) {
                    let word := mload(entry)
                    let parityAndS := calldataload(add(place, 0x20))
                    let s := and(parityAndS, S_MASK)
                    mstore(add(input, 0x20), add(27, shr(255, parityAndS)))
                    mstore(add(input, 0x40), calldataload(place))
                    mstore(add(input, 0x60), s)
                    pop(staticcall(gas(), 1, input, 0x80, 0x20, 0x20))
                    failed := or(gt(s, HIGHEST_S), xor(mload(returndatasize()), shr(96, word)))
                    if failed { break }
                    // At most 128 weights of 96 bits: nothing overflows.
                    signed := add(signed, and(word, WEIGHT_MASK))
                    place := add(place, 0x40)
                }
                signers := shr(1, signers)
            }
            // Read as a truth value, a word must be 0 or 1.
            failed := iszero(iszero(failed))
            place := sub(place, certificate.offset)
        }
        // As many signatures as bits: what was read beyond the end is none, however good it looks.
        if (failed ? place >= certificate.length : place != certificate.length) {
            revert MalformedCertificate(certificate.length);
        }
        if (failed) revert InvalidSignature((place - SIGNERS_LENGTH) / SIGNATURE_LENGTH);
    }
}
