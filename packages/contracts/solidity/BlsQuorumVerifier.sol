// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Bls12381} from "./Bls12381.sol";
import {EpochStore} from "./EpochStore.sol";
import {HashToG2} from "./HashToG2.sol";
import {IQuorumVerifier} from "./IQuorumVerifier.sol";

/// @title BlsQuorumVerifier
/// @notice Certificates made of one aggregate BLS12-381 signature: 192 bytes (x.c0, x.c1, y.c0, y.c1), and then one
/// byte for each non-signer, its place among the members, strictly ascending.
/// @dev The sum of all keys is in the snapshot; the non-signers' keys are subtracted from it. Members without a key
/// never count as signers. Keys got into the snapshot by proof of possession only, so none can be made up to cancel
/// others (a rogue key).
contract BlsQuorumVerifier is IQuorumVerifier {
    /// @inheritdoc IQuorumVerifier
    function verify(address snapshot, bytes32 digest, bytes calldata certificate)
        external
        view
        returns (uint256 signedWeight)
    {
        if (certificate.length < Bls12381.G2_LENGTH) revert MalformedCertificate(certificate.length);
        EpochStore.Aggregate memory sum = EpochStore.aggregate(snapshot);
        signedWeight = _subtract(snapshot, sum, certificate[Bls12381.G2_LENGTH:]);
        if (signedWeight * 3 <= sum.totalWeight * 2) revert QuorumNotReached(signedWeight, sum.totalWeight);
        if (_isInfinity(sum.key)) revert InvalidAggregate();
        bytes calldata signature = certificate[:Bls12381.G2_LENGTH];
        if (!Bls12381.isSigned(sum.key, HashToG2.SIGNATURE_DOMAIN, digest, signature)) revert InvalidAggregate();
    }

    /// @dev Takes the non-signers' keys out of the sum.
    /// @return signedWeight The keyed weight that is left.
    function _subtract(address snapshot, EpochStore.Aggregate memory sum, bytes calldata nonSigners)
        private
        view
        returns (uint256 signedWeight)
    {
        signedWeight = sum.keyedWeight;
        for (uint256 i = 0; i < nonSigners.length; ++i) {
            uint256 member = uint8(nonSigners[i]);
            if (i > 0 && member <= uint8(nonSigners[i - 1])) revert NonSignersNotAscending(member);
            if (member >= sum.members) revert UnknownNonSigner(member);
            (uint96 weight, uint256[4] memory key) = EpochStore.keyedMember(snapshot, sum.members, member);
            if (_isInfinity(key)) revert UnknownNonSigner(member);
            signedWeight -= weight;
            Bls12381.negate(key);
            Bls12381.add(sum.key, key);
        }
    }

    /// @dev No point of the curve has both coordinates zero.
    function _isInfinity(uint256[4] memory key) private pure returns (bool) {
        return key[0] | key[1] | key[2] | key[3] == 0;
    }
}
