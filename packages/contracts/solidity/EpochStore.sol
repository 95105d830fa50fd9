// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Bls12381} from "./Bls12381.sol";
import {CodeStore} from "./CodeStore.sol";
import {Member} from "./Member.sol";

/// @title EpochStore
/// @notice How an epoch's snapshot lies in its CodeStore, one word each: set digest, policies digest, number of
/// members << 128 | total weight, then the members in ascending order, each as operator << 96 | weight. Where the
/// epoch has BLS keys there follow: the weight of the members that have one, the sum of all keys (3 words), and each
/// member's key (3 words, zero for none).
library EpochStore {
    uint256 private constant WORD_SIZES = 2;
    uint256 private constant WORD_FIRST_MEMBER = 3;
    uint256 private constant WORDS_PER_KEY = 3;

    /// @notice What a BLS certificate is checked against, before non-signers are subtracted.
    /// @param members How many members the set has.
    /// @param totalWeight The weight of all of them.
    /// @param keyedWeight The weight of those that have a key.
    /// @param key The sum of all keys.
    struct Aggregate {
        uint256 members;
        uint256 totalWeight;
        uint256 keyedWeight;
        uint256[4] key;
    }

    /// @notice Writes a snapshot. The members must have been checked.
    /// @param keyWords What BlsKeyRegistry.epochKeys gives for the members; empty for an epoch without BLS keys.
    function write(
        Member[] memory members,
        bytes32 setDigest,
        bytes32 policiesDigest,
        uint256 totalWeight,
        uint256[] memory keyWords
    ) internal returns (address store) {
        uint256 firstKeyWord = WORD_FIRST_MEMBER + members.length;
        uint256[] memory words = new uint256[](firstKeyWord + keyWords.length);
        words[0] = uint256(setDigest);
        words[1] = uint256(policiesDigest);
        words[WORD_SIZES] = (members.length << 128) | totalWeight;
        for (uint256 i = 0; i < members.length; ++i) {
            words[WORD_FIRST_MEMBER + i] = (uint256(uint160(members[i].operator)) << 96) | members[i].weight;
        }
        for (uint256 i = 0; i < keyWords.length; ++i) {
            words[firstKeyWord + i] = keyWords[i];
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
        uint256 sizes = CodeStore.read(store, WORD_SIZES, 1)[0];
        words = CodeStore.read(store, WORD_SIZES, 1 + (sizes >> 128));
        words[0] = uint128(sizes);
    }

    /// @notice The sum of all keys and the weights; in an epoch without BLS keys no weight is keyed.
    function aggregate(address store) internal view returns (Aggregate memory sum) {
        uint256 sizes = CodeStore.read(store, WORD_SIZES, 1)[0];
        sum.members = sizes >> 128;
        sum.totalWeight = uint128(sizes);
        // Beyond its end, code reads as zero.
        uint256[] memory words = CodeStore.read(store, WORD_FIRST_MEMBER + sum.members, 1 + WORDS_PER_KEY);
        sum.keyedWeight = words[0];
        sum.key = Bls12381.unpack(words[1], words[2], words[3]);
    }

    /// @notice Weight and BLS key of the member at place `index`, which must be below `members`.
    function keyedMember(address store, uint256 members, uint256 index)
        internal
        view
        returns (uint96 weight, uint256[4] memory key)
    {
        weight = weightOf(CodeStore.read(store, WORD_FIRST_MEMBER + index, 1)[0]);
        uint256 firstKeyWord = WORD_FIRST_MEMBER + members + 1 + WORDS_PER_KEY;
        uint256[] memory words = CodeStore.read(store, firstKeyWord + index * WORDS_PER_KEY, WORDS_PER_KEY);
        key = Bls12381.unpack(words[0], words[1], words[2]);
    }

    /// @notice Every member's BLS key, 3 words each in the members' order; empty in an epoch without BLS keys.
    function keys(address store) internal view returns (uint256[] memory words) {
        uint256 members = CodeStore.read(store, WORD_SIZES, 1)[0] >> 128;
        uint256 firstKeyWord = WORD_FIRST_MEMBER + members + 1 + WORDS_PER_KEY;
        if (CodeStore.size(store) < firstKeyWord) return words;
        return CodeStore.read(store, firstKeyWord, members * WORDS_PER_KEY);
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
