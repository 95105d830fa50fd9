// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title CodeStore
/// @notice Keeps words that never change as the code of a contract of their own. Reading n of them costs one cold
/// account access and 3 gas a word, where storage slots would cost 2,100 gas each.
library CodeStore {
    /// @notice The words could not be written.
    error StoreFailed();

    /// @dev Copies everything behind itself into the new contract's code:
    /// PUSH1 11, MSIZE, DUP2, CODESIZE, SUB, DUP1, SWAP3, MSIZE, CODECOPY, RETURN.
    bytes11 private constant DEPLOYER = hex"600b5981380380925939f3";

    /// @dev STOP: the store does nothing when it is called.
    bytes1 private constant STOP = 0x00;

    /// @notice Writes `words` once and for all.
    /// @return store The address that `read` wants.
    function write(uint256[] memory words) internal returns (address store) {
        bytes memory creation = abi.encodePacked(DEPLOYER, STOP, words);
        assembly ("memory-safe") {
            store := create(0, add(creation, 0x20), mload(creation))
        }
        if (store == address(0)) revert StoreFailed();
    }

    /// @notice How many words `store` holds.
    function size(address store) internal view returns (uint256) {
        return store.code.length / 32;
    }

    /// @notice Reads `count` words, beginning with word number `first`. The range must lie within `size(store)`.
    function read(address store, uint256 first, uint256 count) internal view returns (uint256[] memory words) {
        words = new uint256[](count);
        assembly ("memory-safe") {
            extcodecopy(store, add(words, 0x20), add(1, mul(first, 0x20)), mul(count, 0x20))
        }
    }
}
