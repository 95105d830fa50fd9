// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AssayHub} from "../solidity/AssayHub.sol";
import {EcdsaQuorumVerifier} from "../solidity/EcdsaQuorumVerifier.sol";
import {EpochStore} from "../solidity/EpochStore.sol";
import {Member} from "../solidity/Member.sol";
import {Vm} from "./Vm.sol";

/// @notice What the tests share: cheatcodes, assertions, operators, and a verifier and a hub. The test itself stands in
/// for the registry, so that an epoch can have any members and weights; NetworkTest deploys the real one.
abstract contract AssayTest {
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    uint32 internal constant GRACE = 600;
    uint256 internal constant START = 1_800_000_000;
    bytes32 internal constant POLICIES = keccak256("policies");
    bytes32 internal constant ROOT = keccak256("root");

    EcdsaQuorumVerifier internal verifier;
    AssayHub internal hub;

    /// @dev The epoch that runs, and its snapshot.
    uint64 internal runningEpoch;
    address internal snapshot;

    /// @dev Deploys verifier and hub, with this contract as the hub's registry. No epoch has started yet.
    function _deploy() internal {
        vm.warp(START);
        verifier = new EcdsaQuorumVerifier();
        hub = new AssayHub(address(this), verifier);
    }

    /// @dev Starts the next epoch with these members and no BLS keys.
    function _startEpoch(Member[] memory members, bytes32 policies) internal {
        _startEpoch(members, policies, new uint256[](0));
    }

    /// @dev Starts the next epoch as the registry would.
    function _startEpoch(Member[] memory members, bytes32 policies, uint256[] memory keyWords) internal {
        uint256 total = 0;
        for (uint256 i = 0; i < members.length; ++i) {
            total += members[i].weight;
        }
        snapshot = EpochStore.write(members, keccak256(abi.encode(members)), policies, total, keyWords);
        hub.epochStarted(++runningEpoch, snapshot, uint32(block.timestamp) + GRACE);
    }

    /// @dev `count` private keys, ascending by address.
    function _keys(uint256 count) internal pure returns (uint256[] memory keys) {
        keys = new uint256[](count);
        address[] memory addresses = new address[](count);
        for (uint256 i = 0; i < count; ++i) {
            uint256 key = uint256(keccak256(abi.encode("operator", i)));
            address own = vm.addr(key);
            uint256 place = i;
            while (place > 0 && addresses[place - 1] > own) {
                (keys[place], addresses[place]) = (keys[place - 1], addresses[place - 1]);
                --place;
            }
            (keys[place], addresses[place]) = (key, own);
        }
    }

    /// @dev Members for `keys`, each with the same weight.
    function _members(uint256[] memory keys, uint96 weight) internal pure returns (Member[] memory members) {
        members = new Member[](keys.length);
        for (uint256 i = 0; i < keys.length; ++i) {
            members[i] = Member(vm.addr(keys[i]), weight);
        }
    }

    /// @dev The first `count` of `keys`.
    function _first(uint256[] memory keys, uint256 count) internal pure returns (uint256[] memory head) {
        head = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) {
            head[i] = keys[i];
        }
    }

    /// @dev A certificate with a signature by each of `keys`, in their order, each with the bit of its place in the
    /// snapshot. Who is not in it takes the bit of its place in `keys`.
    function _certificate(uint256[] memory keys, bytes32 digest) internal view returns (bytes memory) {
        uint256[] memory words = EpochStore.weights(snapshot);
        uint256 signers = 0;
        bytes memory signatures;
        for (uint256 i = 0; i < keys.length; ++i) {
            uint256 place = i;
            address signer = vm.addr(keys[i]);
            for (uint256 member = 1; member < words.length; ++member) {
                if (EpochStore.operatorOf(words[member]) == signer) place = member - 1;
            }
            signers |= 1 << place;
            signatures = bytes.concat(signatures, _compactSignature(keys[i], digest));
        }
        return abi.encodePacked(uint128(signers), signatures);
    }

    /// @dev One signature as a certificate holds it (EIP-2098).
    function _compactSignature(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, bytes32(uint256(s) | (uint256(v - 27) << 255)));
    }

    /// @dev One signature of 65 bytes: r, s, v.
    function _signature(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    function assertTrue(bool condition, string memory what) internal pure {
        require(condition, what);
    }

    function assertEq(uint256 actual, uint256 expected, string memory what) internal pure {
        require(actual == expected, what);
    }

    function assertEq(bytes32 actual, bytes32 expected, string memory what) internal pure {
        require(actual == expected, what);
    }

    function assertEq(address actual, address expected, string memory what) internal pure {
        require(actual == expected, what);
    }
}
