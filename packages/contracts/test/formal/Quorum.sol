// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AssayHub} from "../../solidity/AssayHub.sol";
import {EcdsaQuorumVerifier} from "../../solidity/EcdsaQuorumVerifier.sol";
import {EpochStore} from "../../solidity/EpochStore.sol";
import {Member} from "../../solidity/Member.sol";
import {Formal} from "./Formal.sol";

/// @notice The hub with the real ECDSA verifier, for a set of three members: any operators, weights, certificates.
contract QuorumProperties is Formal {
    uint256 private constant MEMBERS = 3;
    uint64 private constant EPOCH = 1;

    AssayHub private hub;
    EcdsaQuorumVerifier private verifier;
    Member[] private members;
    uint256 private total;
    Batch private batch;
    address private snapshot;

    function setUp() public {
        verifier = new EcdsaQuorumVerifier();
        hub = new AssayHub(address(this), verifier);
    }

    /// @notice A root gets in only where members with more than two thirds of the weight signed it: each counted once,
    /// by the signatures that its own key made.
    function check_quorum_rootNeedsTwoThirds() public {
        _startAnyEpoch();
        bytes memory certificate = _anyCertificate();
        (bool done,) = address(hub).call(
            abi.encodeCall(AssayHub.post, (EPOCH, batch.sequence, batch.root, batch.count, certificate))
        );
        done;
        if (hub.rootOf(EPOCH, batch.sequence) == 0) return;
        assert(_weightOfSigners(_digestOf(batch), certificate) * 3 > total * 2);
    }

    /// @notice What the verifier says has signed is never more than the weight of those who have, each counted once.
    function check_signer_countsOnce() public {
        _startAnyEpoch();
        bytes memory certificate = _anyCertificate();
        bytes32 digest = svm.createBytes32("digest");
        try verifier.verify(snapshot, digest, certificate) returns (uint256 signed) {
            assert(signed <= _weightOfSigners(digest, certificate));
        } catch {}
    }

    /// @notice What the verifier says has signed is never more than the whole set weighs.
    function check_weight_signedIsAtMostTotal() public {
        _startAnyEpoch();
        bytes memory certificate = _anyCertificate();
        try verifier.verify(snapshot, svm.createBytes32("digest"), certificate) returns (uint256 signed) {
            assert(signed <= total);
        } catch {}
    }

    /// @notice What is read from a snapshot is what was written: no weight is more, and their sum is the total.
    function check_weight_snapshotKeepsWeights() public {
        _startAnyEpoch();
        uint256[] memory words = EpochStore.weights(snapshot);
        assert(words.length == MEMBERS + 1);
        uint256 sum = 0;
        for (uint256 i = 0; i < MEMBERS; ++i) {
            assert(EpochStore.operatorOf(words[i + 1]) == members[i].operator);
            assert(EpochStore.weightOf(words[i + 1]) == members[i].weight);
            sum += EpochStore.weightOf(words[i + 1]);
        }
        assert(words[0] == sum);
    }

    /// @dev Starts an epoch with any members, ascending as the registry has them, and takes any batch of it.
    function _startAnyEpoch() private {
        batch = _anyBatch();
        batch.chain = block.chainid;
        batch.hub = address(hub);
        batch.epoch = EPOCH;
        address before = address(0);
        uint256 sum = 0;
        for (uint256 i = 0; i < MEMBERS; ++i) {
            Member memory member = Member(svm.createAddress("operator"), uint96(svm.createUint(96, "weight")));
            vm.assume(member.operator > before && member.weight > 0);
            before = member.operator;
            sum += member.weight;
            members.push(member);
        }
        // In a snapshot the total has 128 bits. As the sum of 256 it would hide the number of members from Halmos.
        total = svm.createUint(128, "total");
        vm.assume(total == sum);
        snapshot = EpochStore.write(members, batch.setDigest, batch.policiesDigest, total, new uint256[](0));
        hub.epochStarted(EPOCH, snapshot, 0);
    }

    /// @dev Any bytes, of a length that some certificate of the set has, or one signature more.
    function _anyCertificate() private pure returns (bytes memory) {
        uint256 signatures = svm.createUint(3, "signatures");
        for (uint256 i = 0; i <= MEMBERS + 1; ++i) {
            if (signatures == i) return svm.createBytes(16 + 64 * i, "certificate");
        }
        return svm.createBytes(16, "certificate");
    }

    /// @dev The weight of all members whose signature over `digest` is anywhere in the certificate.
    function _weightOfSigners(bytes32 digest, bytes memory certificate) private view returns (uint256 signed) {
        uint256 signatures = (certificate.length - 16) / 64;
        bool[MEMBERS] memory hasSigned;
        for (uint256 place = 0; place < signatures; ++place) {
            address signer = _signerAt(digest, certificate, place);
            for (uint256 i = 0; i < MEMBERS; ++i) {
                hasSigned[i] = hasSigned[i] || signer == members[i].operator;
            }
        }
        for (uint256 i = 0; i < MEMBERS; ++i) {
            signed += hasSigned[i] ? members[i].weight : 0;
        }
    }

    /// @dev Whose signature is at `place` of the certificate.
    function _signerAt(bytes32 digest, bytes memory certificate, uint256 place) private pure returns (address) {
        bytes32 r;
        uint256 parityAndS;
        assembly ("memory-safe") {
            let at := add(add(certificate, 0x30), mul(place, 0x40))
            r := mload(at)
            parityAndS := mload(add(at, 0x20))
        }
        return ecrecover(digest, uint8(27 + (parityAndS >> 255)), r, bytes32((parityAndS << 1) >> 1));
    }
}
