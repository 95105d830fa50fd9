// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {BlsQuorumVerifier} from "../../solidity/BlsQuorumVerifier.sol";
import {EpochStore} from "../../solidity/EpochStore.sol";
import {Member} from "../../solidity/Member.sol";
import {Formal} from "./Formal.sol";

/// @notice Stands for a precompile: answers with a number of bytes that depend on what it is given.
contract PointModel {
    uint256 private immutable words;

    constructor(uint256 words_) {
        words = words_;
    }

    fallback(bytes calldata input) external returns (bytes memory output) {
        uint256 seed = uint256(keccak256(input)) | 1;
        output = new bytes(words * 32);
        for (uint256 i = 0; i < words; ++i) {
            assembly ("memory-safe") {
                mstore(add(output, mul(add(i, 1), 0x20)), seed)
            }
        }
    }
}

/// @notice Stands for the pairing check of EIP-2537, for a forger who has always found a signature: what is proven does
/// not hang on it.
contract PairingModel {
    fallback(bytes calldata) external returns (bytes memory) {
        return abi.encode(1);
    }
}

/// @notice How the BLS verifier counts: three members, any weights, any of them with a key, any list of non-signers.
contract BlsProperties is Formal {
    uint256 private constant MEMBERS = 3;
    uint256 private constant NON_SIGNERS = 2;

    BlsQuorumVerifier private verifier;

    function setUp() public {
        verifier = new BlsQuorumVerifier();
        vm.etch(address(0x0b), address(new PointModel(4)).code);
        vm.etch(address(0x0d), address(new PointModel(8)).code);
        vm.etch(address(0x0f), address(new PairingModel()).code);
        vm.etch(address(0x10), address(new PointModel(4)).code);
        // Where `npm run formal` puts SHA-256 and MODEXP: Halmos 0.3.3 fails on its own models of both.
        vm.etch(address(0x0202), address(new PointModel(1)).code);
        vm.etch(address(0x0205), address(new PointModel(2)).code);
    }

    /// @notice Who is taken says more than two thirds of the weight has signed, and it counts each member that has a key
    /// and is not in the list of non-signers, once.
    function check_signer_countsOnceInBls() public {
        Member[] memory members = new Member[](MEMBERS);
        // The keyed weight, the sum of the keys, and the keys.
        uint256[] memory keyWords = new uint256[](7 + 6 * MEMBERS);
        uint256 total = svm.createUint(128, "total");
        uint256 sum = 0;
        uint256 keyed = 0;
        for (uint256 i = 0; i < MEMBERS; ++i) {
            members[i] = Member(address(uint160(i + 1)), uint96(svm.createUint(96, "weight")));
            sum += members[i].weight;
            if (!svm.createBool("keyed")) continue;
            keyed += members[i].weight;
            keyWords[7 + 6 * i] = i + 1;
        }
        vm.assume(total == sum);
        keyWords[0] = keyed;
        keyWords[1] = 1;
        address snapshot = EpochStore.write(members, 0, 0, total, keyWords);

        bytes memory nonSigners = _anyNonSigners();
        bytes memory certificate = bytes.concat(new bytes(96), nonSigners);
        try verifier.verify(snapshot, svm.createBytes32("digest"), certificate) returns (uint256 signed) {
            uint256 signers = 0;
            for (uint256 i = 0; i < MEMBERS; ++i) {
                bool counts = keyWords[7 + 6 * i] != 0;
                for (uint256 j = 0; j < nonSigners.length; ++j) {
                    counts = counts && uint8(nonSigners[j]) != i;
                }
                if (counts) signers += members[i].weight;
            }
            assert(signed == signers);
            assert(signed * 3 > total * 2);
        } catch {}
    }

    /// @dev Any list of up to two places, one of them beyond the members. Its bytes are known on each path, because
    /// the verifier reads a key at a place in code that depends on them.
    function _anyNonSigners() private pure returns (bytes memory list) {
        for (uint256 i = 0; i < NON_SIGNERS; ++i) {
            if (svm.createBool("end")) break;
            uint256 place = svm.createUint(2, "place");
            for (uint8 known = 0; known <= MEMBERS; ++known) {
                if (place == known) list = bytes.concat(list, bytes1(known));
            }
        }
    }
}
