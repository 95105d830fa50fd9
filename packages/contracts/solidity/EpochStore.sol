// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Bls12381} from "./Bls12381.sol";
import {CodeStore} from "./CodeStore.sol";
import {Member} from "./Member.sol";

/// @title EpochStore
/// @notice How an epoch's snapshot lies in its CodeStore, one word each: set digest, policies digest, number of
/// members << 128 | total weight, the weight of the members that have a BLS key, the sum of all keys (3 words), then the
/// members in ascending order, each as operator << 96 | weight, and where anybody has a BLS key each member's key
/// (3 words, zero for none).
library EpochStore {
    uint256 private constant WORD_SIZES = 2;
    uint256 private constant WORD_KEYED_WEIGHT = 3;
    uint256 private constant WORD_FIRST_MEMBER = 7;
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
        uint256 headKeyWords = WORD_FIRST_MEMBER - WORD_KEYED_WEIGHT;
        uint256 memberKeyWords = keyWords.length == 0 ? 0 : keyWords.length - headKeyWords;
        uint256 firstKeyWord = WORD_FIRST_MEMBER + members.length;
        uint256[] memory words = new uint256[](firstKeyWord + memberKeyWords);
        words[0] = uint256(setDigest);
        words[1] = uint256(policiesDigest);
        words[WORD_SIZES] = (members.length << 128) | totalWeight;
        for (uint256 i = 0; i < members.length; ++i) {
            words[WORD_FIRST_MEMBER + i] = (uint256(uint160(members[i].operator)) << 96) | members[i].weight;
        }
        for (uint256 i = 0; i < keyWords.length; ++i) {
            words[i < headKeyWords ? WORD_KEYED_WEIGHT + i : firstKeyWord + i - headKeyWords] = keyWords[i];
        }
        return CodeStore.write(words);
    }

    /// @notice The digests of the set and of the policies.
    function digests(address store) internal view returns (bytes32 setDigest, bytes32 policiesDigest) {
        // The scratch space is enough, and this is on the way of every certificate.
        assembly ("memory-safe") {
            extcodecopy(store, 0x00, 1, 0x40)
            setDigest := mload(0x00)
            policiesDigest := mload(0x20)
        }
    }

    /// @notice The total weight, followed by the members as words in ascending order.
    function weights(address store) internal view returns (uint256[] memory words) {
        // On the way of every ECDSA certificate: two copies of code into memory that nothing has cleared before.
        assembly ("memory-safe") {
            extcodecopy(store, 0x00, add(1, mul(WORD_SIZES, 0x20)), 0x20)
            let sizes := mload(0x00)
            let members := shr(128, sizes)
            words := mload(0x40)
            mstore(words, add(members, 1))
            mstore(add(words, 0x20), and(sizes, 0xffffffffffffffffffffffffffffffff))
            let first := add(words, 0x40)
            let length := mul(members, 0x20)
            extcodecopy(store, first, add(1, mul(WORD_FIRST_MEMBER, 0x20)), length)
            mstore(0x40, add(first, length))
        }
    }

    /// @notice The sum of all keys and the weights; in an epoch without BLS keys no weight is keyed.
    function aggregate(address store) internal view returns (Aggregate memory sum) {
        uint256 sizes;
        uint256 keyedWeight;
        uint256[4] memory key = sum.key;
        assembly ("memory-safe") {
            // Five words: sizes, keyed weight, and the sum, whose coordinates get their 16 leading zero bytes back.
            let packed := mload(0x40)
            extcodecopy(store, packed, add(1, mul(WORD_SIZES, 0x20)), 0xa0)
            sizes := mload(packed)
            keyedWeight := mload(add(packed, 0x20))
            mstore(key, shr(128, mload(add(packed, 0x40))))
            mstore(add(key, 0x20), mload(add(packed, 0x50)))
            mstore(add(key, 0x40), shr(128, mload(add(packed, 0x70))))
            mstore(add(key, 0x60), mload(add(packed, 0x80)))
        }
        sum.members = sizes >> 128;
        // The word was packed from a value of this width.
        // forge-lint: disable-next-line(unsafe-typecast)
        sum.totalWeight = uint128(sizes);
        sum.keyedWeight = keyedWeight;
    }

    /// @notice Weight and BLS key of the member at place `index`, which must be below `members`.
    function keyedMember(address store, uint256 members, uint256 index)
        internal
        view
        returns (uint96 weight, uint256[4] memory key)
    {
        weight = weightOf(CodeStore.read(store, WORD_FIRST_MEMBER + index, 1)[0]);
        uint256 firstKeyWord = WORD_FIRST_MEMBER + members;
        // Beyond its end, code reads as zero: no key.
        uint256[] memory words = CodeStore.read(store, firstKeyWord + index * WORDS_PER_KEY, WORDS_PER_KEY);
        key = Bls12381.unpack(words[0], words[1], words[2]);
    }

    /// @notice Every member's BLS key, 3 words each in the members' order; empty in an epoch without BLS keys.
    function keys(address store) internal view returns (uint256[] memory words) {
        uint256 members = CodeStore.read(store, WORD_SIZES, 1)[0] >> 128;
        uint256 firstKeyWord = WORD_FIRST_MEMBER + members;
        if (CodeStore.size(store) == firstKeyWord) return words;
        return CodeStore.read(store, firstKeyWord, members * WORDS_PER_KEY);
    }

    /// @notice The operator of a member's word.
    function operatorOf(uint256 word) internal pure returns (address) {
        // The word was packed from a value of this width.
        // forge-lint: disable-next-line(unsafe-typecast)
        return address(uint160(word >> 96));
    }

    /// @notice The weight of a member's word.
    function weightOf(uint256 word) internal pure returns (uint96) {
        // The word was packed from a value of this width.
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint96(word);
    }
}
