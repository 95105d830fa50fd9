// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";

/// @title Equivocation
/// @notice Evidence that one operator signed two observations that cannot both be honest.
/// @dev Packed: epoch (8), taskId (32), role (1), method digest (32), policy documents' digest (32), tolerance (2),
/// two signatures (65 each), number of submissions (1); then the measurements of both observations (6 bytes for each
/// submission: score 2, flags 4), then the Merkle proof of the tolerance (32 each). Of 32 submissions under 32 policies:
/// 846 bytes.
library Equivocation {
    uint256 private constant HEAD_LENGTH = 238;
    uint256 private constant MEASUREMENT_LENGTH = 6;
    uint256 private constant SIGNATURE_LENGTH = 65;
    uint256 private constant FIRST_SIGNATURE = 107;

    bytes32 private constant POLICIES_DOMAIN = keccak256("Assay policies v2");

    /// @notice What both observations say they are of.
    struct Subject {
        uint64 epoch;
        bytes32 taskId;
        uint8 role;
        bytes32 methodDigest;
    }

    /// @notice The evidence does not have the length that it says.
    error MalformedEvidence(uint256 length);

    /// @notice Both observations say the same, or differ by no more than the tolerance: an honest repeat.
    error NoEquivocation();

    /// @notice What the evidence is about.
    function subjectOf(bytes calldata evidence) internal pure returns (Subject memory) {
        uint256 length = evidence.length;
        if (length < HEAD_LENGTH) revert MalformedEvidence(length);
        uint256 body = 2 * MEASUREMENT_LENGTH * uint8(evidence[HEAD_LENGTH - 1]);
        if (length < HEAD_LENGTH + body || (length - HEAD_LENGTH - body) % 32 != 0) revert MalformedEvidence(length);
        return Subject({
            epoch: uint64(bytes8(evidence[:8])),
            taskId: bytes32(evidence[8:40]),
            role: uint8(evidence[40]),
            methodDigest: bytes32(evidence[41:73])
        });
    }

    /// @notice The signature of the first (0) or the second (1) observation.
    function signatureOf(bytes calldata evidence, uint256 which) internal pure returns (bytes calldata) {
        uint256 start = FIRST_SIGNATURE + which * SIGNATURE_LENGTH;
        return evidence[start:start + SIGNATURE_LENGTH];
    }

    /// @notice The measurements of the first (0) or the second (1) observation.
    function measurementsOf(bytes calldata evidence, uint256 which) internal pure returns (bytes calldata) {
        uint256 size = MEASUREMENT_LENGTH * uint8(evidence[HEAD_LENGTH - 1]);
        uint256 start = HEAD_LENGTH + which * size;
        return evidence[start:start + size];
    }

    /// @notice The policies digest that the evidence leads to, by the tolerance that it states for its method. Where
    /// it is the epoch's, the operator itself has signed that this is the tolerance.
    function policiesDigestOf(bytes calldata evidence) internal pure returns (bytes32) {
        bytes32 methodDigest = bytes32(evidence[41:73]);
        uint256 start = HEAD_LENGTH + 2 * MEASUREMENT_LENGTH * uint8(evidence[HEAD_LENGTH - 1]);
        bytes32[] memory proof = new bytes32[]((evidence.length - start) / 32);
        for (uint256 i = 0; i < proof.length; ++i) {
            proof[i] = bytes32(evidence[start + 32 * i:]);
        }
        bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(methodDigest, toleranceOf(evidence)))));
        bytes32 documents = bytes32(evidence[73:105]);
        return keccak256(abi.encode(POLICIES_DOMAIN, documents, MerkleProof.processProof(proof, leaf)));
    }

    /// @notice The tolerance that the evidence states.
    function toleranceOf(bytes calldata evidence) internal pure returns (uint16) {
        return uint16(bytes2(evidence[105:107]));
    }

    /// @notice Returns when some submission has other flags in the two observations, or scores that are further apart
    /// than the tolerance.
    function check(bytes calldata evidence) internal pure {
        bytes calldata first = measurementsOf(evidence, 0);
        bytes calldata second = measurementsOf(evidence, 1);
        uint256 tolerance = toleranceOf(evidence);
        for (uint256 start = 0; start < first.length; start += MEASUREMENT_LENGTH) {
            if (bytes4(first[start + 2:start + 6]) != bytes4(second[start + 2:start + 6])) return;
            uint256 a = uint16(bytes2(first[start:start + 2]));
            uint256 b = uint16(bytes2(second[start:start + 2]));
            if ((a > b ? a - b : b - a) > tolerance) return;
        }
        revert NoEquivocation();
    }
}
