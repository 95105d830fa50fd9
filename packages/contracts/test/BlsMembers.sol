// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Bls12381} from "../solidity/Bls12381.sol";
import {HashToG2} from "../solidity/HashToG2.sol";
import {Member} from "../solidity/Member.sol";
import {AssayTest} from "./Assay.sol";

/// @notice Members that have BLS keys, and their signatures, by the precompiles. The secret keys are known to all.
abstract contract BlsMembers is AssayTest {
    uint256 internal constant GROUP_ORDER = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001;

    /// @dev Members at the addresses 0x1000, 0x1001 … with weight 1 each.
    function _blsMembers(uint256 count) internal pure returns (Member[] memory members) {
        members = new Member[](count);
        for (uint256 i = 0; i < count; ++i) {
            members[i] = Member(address(uint160(0x1000 + i)), 1);
        }
    }

    /// @dev The secret key of the member at place `index`.
    function _secret(uint256 index) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode("bls", index))) % GROUP_ORDER;
    }

    /// @dev A snapshot's words for members that all have their key.
    function _blsKeyWords(Member[] memory members) internal view returns (uint256[] memory words) {
        words = new uint256[](4 + 3 * members.length);
        uint256[4] memory sum;
        for (uint256 i = 0; i < members.length; ++i) {
            uint256[4] memory key = _public(_secret(i));
            (words[4 + 3 * i], words[5 + 3 * i], words[6 + 3 * i]) = Bls12381.pack(key);
            words[0] += members[i].weight;
            Bls12381.add(sum, key);
        }
        (words[1], words[2], words[3]) = Bls12381.pack(sum);
    }

    /// @dev A certificate of `count` members without those at the places in `nonSigners`.
    function _blsCertificate(uint256 count, bytes memory nonSigners, bytes32 digest)
        internal
        view
        returns (bytes memory)
    {
        uint256 secret = 0;
        for (uint256 i = 0; i < count; ++i) {
            secret = addmod(secret, _secret(i), GROUP_ORDER);
        }
        for (uint256 i = 0; i < nonSigners.length; ++i) {
            secret = addmod(secret, GROUP_ORDER - _secret(uint8(nonSigners[i])), GROUP_ORDER);
        }
        return bytes.concat(_blsSign(secret, HashToG2.SIGNATURE_DOMAIN, digest), nonSigners);
    }

    /// @dev The public key of a secret key.
    function _public(uint256 secret) internal view returns (uint256[4] memory point) {
        bytes memory generator =
            hex"0000000000000000000000000000000017f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb0000000000000000000000000000000008b3f481e3aaa0f1a09e30ed741d8ae4fcf5e095d5d00af600db18cb2c04b3edd03cc744a2888ae40caa232946c5e7e1";
        (bool done, bytes memory result) = address(0x0c).staticcall(abi.encodePacked(generator, secret));
        assertTrue(done && result.length == 128, "multiplication in G1");
        point = abi.decode(result, (uint256[4]));
    }

    /// @dev The public key of a secret key, packed.
    function _packedKey(uint256 secret) internal view returns (bytes memory) {
        (uint256 word0, uint256 word1, uint256 word2) = Bls12381.pack(_public(secret));
        return abi.encodePacked(word0, word1, word2);
    }

    /// @dev A signature by a secret key, packed.
    function _blsSign(uint256 secret, bytes32 domain, bytes32 message) internal view returns (bytes memory) {
        uint256[24] memory words;
        HashToG2.write(words, 0, domain, message);
        uint256[8] memory hashed;
        for (uint256 i = 0; i < 8; ++i) {
            hashed[i] = words[i];
        }
        (bool done, bytes memory result) = address(0x0e).staticcall(abi.encodePacked(hashed, secret));
        assertTrue(done && result.length == 256, "multiplication in G2");
        return _packed(result);
    }

    /// @dev Takes the 16 leading zero bytes out of every field element.
    function _packed(bytes memory point) internal pure returns (bytes memory packed) {
        for (uint256 start = 0; start < point.length; start += 64) {
            for (uint256 i = 16; i < 64; ++i) {
                packed = bytes.concat(packed, point[start + i]);
            }
        }
    }
}
