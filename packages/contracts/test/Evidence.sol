// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {NetworkTest} from "./Network.sol";

/// @notice Makes evidence of equivocations in a network whose policies bind one vote rule.
abstract contract EvidenceMaker is NetworkTest {
    bytes32 internal constant TASK = keccak256("task");
    bytes32 internal constant METHOD = keccak256("method");
    bytes32 internal constant DOCUMENTS = keccak256("documents");
    uint16 internal constant TOLERANCE = 50;
    /// @dev Accepts from 6,000; bit 0: content missing, bits 1 and 3 reject, bit 2 abstains; all others inform.
    bytes16 internal constant RULE = bytes16(abi.encodePacked(TOLERANCE, uint16(6_000), uint32(1), uint32(10), uint32(4)));

    bytes32[] internal proof;

    /// @dev Announces policies that bind the rule. Call it once, before the first epoch.
    function _announceRule() internal {
        proof.push(keccak256("sibling"));
        registry.announcePolicies(_policiesDigest(METHOD, RULE));
    }

    /// @dev Evidence with a signature by each of two keys.
    function _signedBy(
        uint256 firstKey,
        uint256 secondKey,
        uint64 epoch,
        bytes32 taskId,
        bytes memory first,
        bytes memory second
    ) internal view returns (bytes memory) {
        bytes memory signatures = bytes.concat(
            _signature(firstKey, hub.observationDigest(epoch, taskId, 1, METHOD, keccak256(first))),
            _signature(secondKey, hub.observationDigest(epoch, taskId, 1, METHOD, keccak256(second)))
        );
        bytes memory head = abi.encodePacked(epoch, taskId, uint8(1), METHOD, DOCUMENTS, RULE);
        bytes memory body = abi.encodePacked(uint8(first.length / 6), first, second, proof);
        return bytes.concat(head, signatures, body);
    }

    /// @dev One submission's measurement.
    function _measured(uint16 score, uint32 flags) internal pure returns (bytes memory) {
        return abi.encodePacked(score, flags);
    }

    /// @dev The policies digest that binds a vote rule.
    function _policiesDigest(bytes32 method, bytes16 rule) internal view returns (bytes32) {
        bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(method, rule))));
        bytes32 root = MerkleProof.processProof(proof, leaf);
        return keccak256(abi.encode(keccak256("Assay policies v3"), DOCUMENTS, root));
    }
}
