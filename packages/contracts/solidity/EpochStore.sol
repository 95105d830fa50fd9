// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {CodeStore} from "./CodeStore.sol";
import {Member} from "./Member.sol";

/// @title EpochStore
/// @notice How an epoch's snapshot lies in its CodeStore, one word each: set digest, policies digest, total weight,
/// then the members in ascending order, each as operator << 96 | weight.
library EpochStore {
    uint256 private constant WORD_TOTAL_WEIGHT = 2;
    uint256 private constant WORD_FIRST_MEMBER = 3;

    /// @notice Writes a snapshot. The members must have been checked.
    function write(Member[] calldata members, bytes32 setDigest, bytes32 policiesDigest, uint256 totalWeight)
        internal
        returns (address store)
    {
        uint256[] memory words = new uint256[](WORD_FIRST_MEMBER + members.length);
        words[0] = uint256(setDigest);
        words[1] = uint256(policiesDigest);
        words[WORD_TOTAL_WEIGHT] = totalWeight;
        for (uint256 i = 0; i < members.length; ++i) {
            words[WORD_FIRST_MEMBER + i] = (uint256(uint160(members[i].operator)) << 96) | members[i].weight;
        }
        return CodeStore.write(words);
    }

    /// @notice The digests of the set and of the policies.
    function digests(address store) internal view returns (bytes32 setDigest, bytes32 policiesDigest) {
        uint256[] memory words = CodeStore.read(store, 0, 2);
        return (bytes32(words[0]), bytes32(words[1]));
    }

    /// @notice The total weight, followed by the members as words in ascending order.
    function weights(address store) internal view returns (uint256[] memory words) {
        return CodeStore.read(store, WORD_TOTAL_WEIGHT, CodeStore.size(store) - WORD_TOTAL_WEIGHT);
    }

    /// @notice The operator of a member's word.
    function operatorOf(uint256 word) internal pure returns (address) {
        return address(uint160(word >> 96));
    }

    /// @notice The weight of a member's word.
    function weightOf(uint256 word) internal pure returns (uint96) {
        return uint96(word);
    }
}
