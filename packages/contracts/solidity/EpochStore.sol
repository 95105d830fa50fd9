// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Bls12381} from "./Bls12381.sol";
import {CodeStore} from "./CodeStore.sol";
import {Member} from "./Member.sol";

/// @title EpochStore
/// @notice How an epoch's snapshot lies in its CodeStore, one word each: set digest, policies digest, number of
/// members << 128 | total weight, the weight of the members that have a BLS key, the stores of the keys (2 words, zero
/// for none), the sum of all keys (6 words), then the members in ascending order, each as operator << 96 | weight.
/// Where anybody has a BLS key, each member's key (6 words, zero for none) lies in the stores of the keys, 127 to a
/// store: so many fit into the code of a contract, and only who subtracts a key needs to open one.
library EpochStore {
    uint256 private constant WORD_SIZES = 2;
    uint256 private constant WORD_FIRST_MEMBER = 12;
    uint256 private constant WORDS_PER_KEY = 6;
    uint256 private constant KEYS_PER_STORE = 127;

    /// @dev Words before the first key in what BlsKeyRegistry.epochKeys gives: the keyed weight and the sum.
    uint256 private constant KEY_HEAD = 7;

    /// @notice A set may have twice as many members as fit into a store of keys.
    error TooManyKeys();

    /// @notice What a BLS certificate is checked against, before non-signers are subtracted.
    /// @param members How many members the set has.
    /// @param totalWeight The weight of all of them.
    /// @param keyedWeight The weight of those that have a key.
    /// @param keyStores Where the keys are; zero in an epoch without BLS keys.
    /// @param key The sum of all keys.
    struct Aggregate {
        uint256 members;
        uint256 totalWeight;
        uint256 keyedWeight;
        address[2] keyStores;
        uint256[8] key;
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
        uint256[] memory words = new uint256[](WORD_FIRST_MEMBER + members.length);
        words[0] = uint256(setDigest);
        words[1] = uint256(policiesDigest);
        words[WORD_SIZES] = (members.length << 128) | totalWeight;
        if (keyWords.length > 0) {
            words[3] = keyWords[0];
            _writeKeys(words, keyWords, members.length);
            for (uint256 i = 1; i < KEY_HEAD; ++i) {
                words[5 + i] = keyWords[i];
            }
        }
        for (uint256 i = 0; i < members.length; ++i) {
            words[WORD_FIRST_MEMBER + i] = (uint256(uint160(members[i].operator)) << 96) | members[i].weight;
        }
        return CodeStore.write(words, 0, words.length);
    }

    /// @dev Writes the members' keys into one store or two, and their addresses into `words`.
    function _writeKeys(uint256[] memory words, uint256[] memory keyWords, uint256 members) private {
        if (members > 2 * KEYS_PER_STORE) revert TooManyKeys();
        for (uint256 first = 0; first < members; first += KEYS_PER_STORE) {
            uint256 count = members - first < KEYS_PER_STORE ? members - first : KEYS_PER_STORE;
            address keyStore = CodeStore.write(keyWords, KEY_HEAD + first * WORDS_PER_KEY, count * WORDS_PER_KEY);
            words[4 + first / KEYS_PER_STORE] = uint256(uint160(keyStore));
        }
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
        uint256 packed;
        assembly ("memory-safe") {
            // Ten words: sizes, keyed weight, two stores, and the sum. They stay where memory is free.
            packed := mload(0x40)
            mstore(0x40, add(packed, 0x140))
            extcodecopy(store, packed, add(1, mul(WORD_SIZES, 0x20)), 0x140)
            let sizes := mload(packed)
            mstore(sum, shr(128, sizes))
            mstore(add(sum, 0x20), and(sizes, 0xffffffffffffffffffffffffffffffff))
            mstore(add(sum, 0x40), mload(add(packed, 0x20)))
            mcopy(mload(add(sum, 0x60)), add(packed, 0x40), 0x40)
        }
        sum.key = Bls12381.unpack(packed + 0x80);
    }

    /// @notice Weight of the member at place `index`, which must be below `sum.members`; its BLS key becomes the second
    /// point of `pair`: all zero where it has none.
    function readKeyedMember(address store, Aggregate memory sum, uint256 index, uint256[16] memory pair)
        internal
        view
        returns (uint256 weight)
    {
        address keyStore = sum.keyStores[index < KEYS_PER_STORE ? 0 : 1];
        assembly ("memory-safe") {
            extcodecopy(store, 0x00, add(1, mul(add(WORD_FIRST_MEMBER, index), 0x20)), 0x20)
            weight := and(mload(0x00), 0xffffffffffffffffffffffff)
            // Where there is no store, code reads as zero: no key.
            let packed := mload(0x40)
            extcodecopy(keyStore, packed, add(1, mul(mod(index, KEYS_PER_STORE), 0xc0)), 0xc0)
            let key := add(pair, 0x100)
            mstore(key, shr(128, mload(packed)))
            mstore(add(key, 0x20), mload(add(packed, 0x10)))
            mstore(add(key, 0x40), shr(128, mload(add(packed, 0x30))))
            mstore(add(key, 0x60), mload(add(packed, 0x40)))
            mstore(add(key, 0x80), shr(128, mload(add(packed, 0x60))))
            mstore(add(key, 0xa0), mload(add(packed, 0x70)))
            mstore(add(key, 0xc0), shr(128, mload(add(packed, 0x90))))
            mstore(add(key, 0xe0), mload(add(packed, 0xa0)))
        }
    }

    /// @notice Every member's BLS key, 6 words each in the members' order; empty in an epoch without BLS keys.
    function keys(address store) internal view returns (bytes memory packed) {
        Aggregate memory sum = aggregate(store);
        for (uint256 i = 0; i < 2; ++i) {
            address keyStore = sum.keyStores[i];
            if (keyStore == address(0)) break;
            packed = bytes.concat(packed, abi.encodePacked(CodeStore.read(keyStore, 0, CodeStore.size(keyStore))));
        }
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
