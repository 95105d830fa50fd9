// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";

/// @title Equivocation
/// @notice Evidence that one operator signed two observations that cannot both be honest: they vote differently on a
/// submission, and all content was there for both.
/// @dev Packed: epoch (8), taskId (32), role (1), method digest (32), policy documents' digest (32), vote rule (16),
/// two signatures (65 each), number of submissions (1); then the measurements of both observations (6 bytes for each
/// submission: score 2, flags 4), then the Merkle proof of the rule (32 each). Of 32 submissions under 32 policies:
/// 860 bytes. The vote rule: score tolerance (2), least accepted score (2), flags of missing content (4), flags that
/// reject (4), flags that abstain (4).
library Equivocation {
    uint256 private constant HEAD_LENGTH = 252;
    uint256 private constant MEASUREMENT_LENGTH = 6;
    uint256 private constant SIGNATURE_LENGTH = 65;
    uint256 private constant FIRST_SIGNATURE = 121;
    /// @dev The lowest 32 bits: of a measurement its flags.
    uint256 private constant FLAGS = type(uint32).max;

    bytes32 private constant POLICIES_DOMAIN = keccak256("Assay policies v3");

    /// @notice What both observations say they are of.
    struct Subject {
        uint64 epoch;
        bytes32 taskId;
        uint8 role;
        bytes32 methodDigest;
    }

    /// @notice The evidence does not have the length that it says.
    error MalformedEvidence(uint256 length);

    /// @notice Both observations vote the same, differ by no more than the tolerance, or lacked content.
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

    /// @notice The policies digest that the evidence leads to, by the vote rule that it states for its method. Where
    /// it is the epoch's, the operator itself has signed that this is the rule.
    function policiesDigestOf(bytes calldata evidence) internal pure returns (bytes32) {
        bytes32 methodDigest = bytes32(evidence[41:73]);
        uint256 start = HEAD_LENGTH + 2 * MEASUREMENT_LENGTH * uint8(evidence[HEAD_LENGTH - 1]);
        bytes32[] memory proof = new bytes32[]((evidence.length - start) / 32);
        for (uint256 i = 0; i < proof.length; ++i) {
            proof[i] = bytes32(evidence[start + 32 * i:]);
        }
        bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(methodDigest, ruleOf(evidence)))));
        bytes32 documents = bytes32(evidence[73:105]);
        return keccak256(abi.encode(POLICIES_DOMAIN, documents, MerkleProof.processProof(proof, leaf)));
    }

    /// @notice The vote rule that the evidence states.
    function ruleOf(bytes calldata evidence) internal pure returns (bytes16) {
        return bytes16(evidence[105:121]);
    }

    /// @notice Returns when the two observations vote differently on some submission, by a voting flag or by scores that
    /// are further apart than the tolerance, and no submission lacked content in either. Reverts otherwise.
    function check(bytes calldata evidence) internal pure {
        bytes calldata first = measurementsOf(evidence, 0);
        bytes calldata second = measurementsOf(evidence, 1);
        uint256 rule = uint128(ruleOf(evidence));
        bool isFound = false;
        for (uint256 start = 0; start < first.length; start += MEASUREMENT_LENGTH) {
            uint256 a = uint48(bytes6(first[start:start + MEASUREMENT_LENGTH]));
            uint256 b = uint48(bytes6(second[start:start + MEASUREMENT_LENGTH]));
            if ((a | b) & (rule >> 64) & FLAGS != 0) revert NoEquivocation();
            isFound = isFound || _differ(rule, a, b);
        }
        if (!isFound) revert NoEquivocation();
    }

    /// @dev Whether two measurements of one submission vote differently, and not by scores within the tolerance.
    function _differ(uint256 rule, uint256 a, uint256 b) private pure returns (bool) {
        if (_voteOf(rule, a) == _voteOf(rule, b)) return false;
        if ((a ^ b) & (rule | (rule >> 32)) & FLAGS != 0) return true;
        uint256 x = a >> 32;
        uint256 y = b >> 32;
        return (x > y ? x - y : y - x) > rule >> 112;
    }

    /// @dev The vote of a measurement with content: 0 abstain, 1 reject, 2 accept.
    function _voteOf(uint256 rule, uint256 measurement) private pure returns (uint256) {
        if (measurement & (rule >> 32) & FLAGS != 0) return 1;
        if (measurement & rule & FLAGS != 0) return 0;
        return measurement >> 32 >= (rule >> 96) & type(uint16).max ? 2 : 1;
    }
}
