// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Bls12381} from "../solidity/Bls12381.sol";
import {HashToG1} from "../solidity/HashToG1.sol";
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
        words = new uint256[](7 + 6 * members.length);
        uint256[8] memory sum;
        for (uint256 i = 0; i < members.length; ++i) {
            uint256[8] memory key = _public(_secret(i));
            _put(words, 7 + 6 * i, Bls12381.pack(key));
            words[0] += members[i].weight;
            Bls12381.add(sum, key);
        }
        _put(words, 1, Bls12381.pack(sum));
    }

    /// @dev Writes six words into `words`, beginning with word number `first`.
    function _put(uint256[] memory words, uint256 first, uint256[6] memory packed) internal pure {
        for (uint256 i = 0; i < 6; ++i) {
            words[first + i] = packed[i];
        }
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
        return bytes.concat(_blsSign(secret, HashToG1.SIGNATURE_DOMAIN, digest), nonSigners);
    }

    /// @dev The public key of a secret key.
    function _public(uint256 secret) internal view returns (uint256[8] memory point) {
        bytes memory generator =
            hex"00000000000000000000000000000000024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8c121bdb80000000000000000000000000000000013e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57e5ac7d055d042b7e000000000000000000000000000000000ce5d527727d6e118cc9cdc6da2e351aadfd9baa8cbdd3a76d429a695160d12c923ac9cc3baca289e193548608b82801000000000000000000000000000000000606c4a02ea734cc32acd2b02bc28b99cb3e287e85a763af267492ab572e99ab3f370d275cec1da1aaa9075ff05f79be";
        (bool done, bytes memory result) = address(0x0e).staticcall(abi.encodePacked(generator, secret));
        assertTrue(done && result.length == 256, "multiplication in G2");
        point = abi.decode(result, (uint256[8]));
    }

    /// @dev The public key of a secret key, packed.
    function _packedKey(uint256 secret) internal view returns (bytes memory) {
        return abi.encodePacked(Bls12381.pack(_public(secret)));
    }

    /// @dev A signature by a secret key, packed.
    function _blsSign(uint256 secret, bytes32 domain, bytes32 message) internal view returns (bytes memory packed) {
        uint256[24] memory words;
        HashToG1.write(words, 0, domain, message);
        bytes memory hashed = abi.encodePacked(words[0], words[1], words[2], words[3], secret);
        (bool done, bytes memory point) = address(0x0c).staticcall(hashed);
        assertTrue(done && point.length == 128, "multiplication in G1");
        for (uint256 start = 0; start < point.length; start += 64) {
            for (uint256 i = 16; i < 64; ++i) {
                packed = bytes.concat(packed, point[start + i]);
            }
        }
    }
}
