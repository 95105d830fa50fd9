// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Vm} from "../Vm.sol";

/// @notice Halmos's cheatcodes, as far as these properties use them: each makes a value that can be anything.
interface Svm {
    function createUint256(string calldata name) external pure returns (uint256);
    function createUint(uint256 bits, string calldata name) external pure returns (uint256);
    function createBytes32(string calldata name) external pure returns (bytes32);
    function createBytes(uint256 length, string calldata name) external pure returns (bytes memory);
    function createAddress(string calldata name) external pure returns (address);
    function createBool(string calldata name) external pure returns (bool);
    function createCalldata(string calldata name) external pure returns (bytes memory);
    function enableSymbolicStorage(address account) external;
}

/// @notice What the properties share. Halmos runs each function named `check_…` with every value at once: an assertion
/// holds for all of them, or Halmos states values for which it does not. docs/formal.md states what is modelled.
abstract contract Formal {
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    Svm internal constant svm = Svm(address(uint160(uint256(keccak256("svm cheat code")))));

    bytes32 private constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 private constant COSIGNATURE_TYPEHASH =
        keccak256("Cosignature(bytes32 configDigest,uint64 epoch,uint64 sequence,bytes32 root,uint32 count)");

    /// @notice What a cosignature is for.
    struct Batch {
        uint256 chain;
        address hub;
        bytes32 setDigest;
        bytes32 policiesDigest;
        uint64 epoch;
        uint64 sequence;
        bytes32 root;
        uint32 count;
    }

    /// @dev Any batch of any hub on any chain.
    function _anyBatch() internal pure returns (Batch memory batch) {
        batch.chain = svm.createUint256("chain");
        batch.hub = svm.createAddress("hub");
        batch.setDigest = svm.createBytes32("setDigest");
        batch.policiesDigest = svm.createBytes32("policiesDigest");
        batch.epoch = uint64(svm.createUint(64, "epoch"));
        batch.sequence = uint64(svm.createUint(64, "sequence"));
        batch.root = svm.createBytes32("root");
        batch.count = uint32(svm.createUint(32, "count"));
    }

    /// @dev What operators sign, written once more from docs/certificates.md: not the hub's own code.
    function _digestOf(Batch memory batch) internal pure returns (bytes32) {
        bytes32 config = keccak256(
            abi.encode(
                keccak256("Assay config v1"),
                batch.chain,
                batch.hub,
                batch.setDigest,
                uint256(2),
                uint256(3),
                batch.policiesDigest
            )
        );
        bytes32 domain = keccak256(
            abi.encode(DOMAIN_TYPEHASH, keccak256("Assay"), keccak256("1"), batch.chain, batch.hub)
        );
        bytes32 message = keccak256(
            abi.encode(COSIGNATURE_TYPEHASH, config, batch.epoch, batch.sequence, batch.root, batch.count)
        );
        return keccak256(abi.encodePacked(hex"1901", domain, message));
    }
}
