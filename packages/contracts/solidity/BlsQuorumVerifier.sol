// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Bls12381} from "./Bls12381.sol";
import {EpochStore} from "./EpochStore.sol";
import {HashToG1} from "./HashToG1.sol";
import {IQuorumVerifier} from "./IQuorumVerifier.sol";

/// @title BlsQuorumVerifier
/// @notice Certificates made of one aggregate BLS12-381 signature: 96 bytes (x, y), and then one byte for each
/// non-signer, its place among the members, strictly ascending.
/// @dev The sum of all keys is in the snapshot; the non-signers' keys are subtracted from it. Members without a key
/// never count as signers. Keys got into the snapshot by proof of possession only, so none can be made up to cancel
/// others (a rogue key).
contract BlsQuorumVerifier is IQuorumVerifier {
    /// @inheritdoc IQuorumVerifier
    function scheme() external pure returns (string memory) {
        return "bls";
    }

    /// @inheritdoc IQuorumVerifier
    function verify(address snapshot, bytes32 digest, bytes calldata certificate)
        external
        view
        returns (uint256 signedWeight)
    {
        if (certificate.length < Bls12381.G1_LENGTH) revert MalformedCertificate(certificate.length);
        EpochStore.Aggregate memory sum = EpochStore.aggregate(snapshot);
        signedWeight = sum.keyedWeight;
        if (certificate.length > Bls12381.G1_LENGTH) {
            signedWeight -= _subtract(snapshot, sum, certificate[Bls12381.G1_LENGTH:]);
        }
        if (signedWeight * 3 <= sum.totalWeight * 2) revert QuorumNotReached(signedWeight, sum.totalWeight);
        if (Bls12381.isInfinity(sum.key)) revert InvalidAggregate();
        bytes calldata signature = certificate[:Bls12381.G1_LENGTH];
        if (!Bls12381.isSigned(sum.key, HashToG1.SIGNATURE_DOMAIN, digest, signature)) revert InvalidAggregate();
    }

    /// @dev Takes the non-signers' keys out of the sum of all keys: their own sum, negated once, is added to it.
    /// @return weight What the non-signers weigh.
    function _subtract(address snapshot, EpochStore.Aggregate memory sum, bytes calldata nonSigners)
        private
        view
        returns (uint256 weight)
    {
        // The sum of those seen so far, and the key that comes next.
        uint256[16] memory pair;
        uint256[8] memory key;
        assembly ("memory-safe") {
            key := add(pair, 0x100)
        }
        // Nothing overflows: at most 128 weights of 96 bits, and counters below 256.
        unchecked {
            uint256 lowest = 0;
            for (uint256 i = 0; i < nonSigners.length; ++i) {
                uint256 member = uint8(nonSigners[i]);
                if (member < lowest) revert NonSignersNotAscending(member);
                if (member >= sum.members) revert UnknownNonSigner(member);
                weight += EpochStore.readKeyedMember(snapshot, sum, member, pair);
                if (Bls12381.isInfinity(key)) revert UnknownNonSigner(member);
                if (i > 0) Bls12381.addSecond(pair);
                else Bls12381.copySecond(pair);
                lowest = member + 1;
            }
        }
        assembly ("memory-safe") {
            key := pair
        }
        Bls12381.negate(key);
        Bls12381.add(sum.key, key);
    }
}
