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

    /// @notice Writes `count` of `words` once and for all, beginning with word number `first`. The range must lie within
    /// them; a contract's code, and so a store, has room for 767 words.
    /// @return store The address that `read` wants.
    function write(uint256[] memory words, uint256 first, uint256 count) internal returns (address store) {
        bytes12 head = bytes12(bytes.concat(DEPLOYER, STOP));
        assembly ("memory-safe") {
            let creation := mload(0x40)
            let length := mul(count, 0x20)
            mstore(creation, head)
            mcopy(add(creation, 12), add(words, mul(add(first, 1), 0x20)), length)
            store := create(0, creation, add(length, 12))
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
