// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Arrays} from "@openzeppelin/contracts/utils/Arrays.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EpochStore} from "./EpochStore.sol";
import {IQuorumVerifier} from "./IQuorumVerifier.sol";

/// @title EcdsaQuorumVerifier
/// @notice Certificates made of secp256k1 signatures: 65 bytes each (r, s, v with v 27 or 28), one after the other,
/// in strictly ascending order of the signers' addresses.
contract EcdsaQuorumVerifier is IQuorumVerifier {
    using Arrays for uint256[];

    /// @notice Length of one signature in a certificate.
    uint256 public constant SIGNATURE_LENGTH = 65;

    /// @inheritdoc IQuorumVerifier
    function verify(address snapshot, bytes32 digest, bytes calldata certificate)
        external
        view
        returns (uint256 signedWeight)
    {
        uint256[] memory words = EpochStore.weights(snapshot);
        signedWeight = _signedWeight(words, digest, certificate);
        uint256 totalWeight = words[0];
        if (signedWeight * 3 <= totalWeight * 2) revert QuorumNotReached(signedWeight, totalWeight);
    }

    /// @dev Adds up the weight of everybody who signed. `words` is what EpochStore.weights gives.
    function _signedWeight(uint256[] memory words, bytes32 digest, bytes calldata certificate)
        private
        pure
        returns (uint256 signed)
    {
        uint256 length = certificate.length;
        if (length == 0 || length % SIGNATURE_LENGTH != 0) revert MalformedCertificate(length);
        address previous = address(0);
        uint256 cursor = 0;
        // Nothing overflows: at most 128 weights of 96 bits each, and counters below the lengths of their lists.
        unchecked {
            for (uint256 start = 0; start < length; start += SIGNATURE_LENGTH) {
                address signer = _recover(digest, certificate, start);
                if (signer <= previous) revert SignersNotAscending(signer);
                previous = signer;
                // Members and signers both ascend: whoever is passed over here has not signed.
                uint256 word;
                address operator;
                do {
                    if (++cursor == words.length) revert UnknownSigner(signer);
                    word = words.unsafeMemoryAccess(cursor);
                    operator = EpochStore.operatorOf(word);
                } while (operator < signer);
                if (operator != signer) revert UnknownSigner(signer);
                signed += EpochStore.weightOf(word);
            }
        }
    }

    /// @dev The signer of the signature that begins at byte `start`; all of it must lie within the certificate.
    function _recover(bytes32 digest, bytes calldata certificate, uint256 start)
        private
        pure
        returns (address signer)
    {
        bytes32 r;
        bytes32 s;
        uint8 v;
        assembly ("memory-safe") {
            let place := add(certificate.offset, start)
            r := calldataload(place)
            s := calldataload(add(place, 0x20))
            v := byte(0, calldataload(add(place, 0x40)))
        }
        ECDSA.RecoverError failure;
        (signer, failure,) = ECDSA.tryRecover(digest, v, r, s);
        if (failure != ECDSA.RecoverError.NoError) revert InvalidSignature(start / SIGNATURE_LENGTH);
    }
}
