// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AssayHub} from "../solidity/AssayHub.sol";
import {EcdsaQuorumVerifier} from "../solidity/EcdsaQuorumVerifier.sol";
import {Member} from "../solidity/Member.sol";
import {ValidatorRegistry} from "../solidity/ValidatorRegistry.sol";
import {Vm} from "./Vm.sol";

/// @notice What the tests share: cheatcodes, assertions, a deployed registry, verifier and hub, and operators.
abstract contract AssayTest {
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    uint32 internal constant GRACE = 600;
    uint256 internal constant START = 1_800_000_000;
    bytes32 internal constant POLICIES = keccak256("policies");
    bytes32 internal constant ROOT = keccak256("root");

    ValidatorRegistry internal registry;
    EcdsaQuorumVerifier internal verifier;
    AssayHub internal hub;

    /// @dev Deploys everything, with this contract as the registry's owner. No epoch has started yet.
    function _deploy() internal {
        vm.warp(START);
        registry = new ValidatorRegistry(address(this), GRACE);
        verifier = new EcdsaQuorumVerifier(registry);
        hub = new AssayHub(registry, verifier);
    }

    /// @dev `count` private keys, ascending by address.
    function _keys(uint256 count) internal pure returns (uint256[] memory keys) {
        keys = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) {
            uint256 key = uint256(keccak256(abi.encode("operator", i)));
            uint256 place = i;
            while (place > 0 && vm.addr(keys[place - 1]) > vm.addr(key)) {
                keys[place] = keys[place - 1];
                --place;
            }
            keys[place] = key;
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

    /// @dev A certificate with a signature by each of `keys`, in their order.
    function _certificate(uint256[] memory keys, bytes32 digest) internal pure returns (bytes memory certificate) {
        for (uint256 i = 0; i < keys.length; ++i) {
            certificate = bytes.concat(certificate, _signature(keys[i], digest));
        }
    }

    /// @dev One signature as a certificate holds it.
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
