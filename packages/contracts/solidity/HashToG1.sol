// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title HashToG1
/// @notice hash_to_curve of RFC 9380, suite BLS12381G1_XMD:SHA-256_SSWU_RO_, for messages of 32 bytes.
/// @dev expand_message_xmd by the SHA-256 precompile, reduction by MODEXP, the map (with its cofactor cleared) by
/// MAP_FP_TO_G1 of EIP-2537, the sum by G1ADD.
library HashToG1 {
    /// @notice First 32 bytes of the domain of signatures, BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_POP_.
    bytes32 internal constant SIGNATURE_DOMAIN = "BLS_SIG_BLS12381G1_XMD:SHA-256_S";

    /// @notice First 32 bytes of the domain of proofs of possession, BLS_POP_BLS12381G1_XMD:SHA-256_SSWU_RO_POP_.
    bytes32 internal constant POSSESSION_DOMAIN = "BLS_POP_BLS12381G1_XMD:SHA-256_S";

    /// @dev What both domains end with, and their length, 43.
    bytes12 private constant DOMAIN_TAIL = hex"5357555f524f5f504f505f2b";

    uint256 private constant P_HIGH = 0x1a0111ea397fe69a4b1ba7b6434bacd7;
    uint256 private constant P_LOW = 0x64774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab;

    /// @notice The chain lacks a precompile that hashing to the curve needs.
    error HashToCurveUnavailable();

    /// @notice Writes the four words of H(message) into `words`, beginning with word number `first`.
    function write(uint256[24] memory words, uint256 first, bytes32 domain, bytes32 message) internal view {
        uint256 elements = _fieldElements(domain, message);
        bool done;
        assembly ("memory-safe") {
            // Two maps, one behind the other, and their sum.
            let points := mload(0x40)
            done := staticcall(gas(), 0x10, elements, 0x40, points, 0x80)
            done := and(done, eq(returndatasize(), 0x80))
            done := and(staticcall(gas(), 0x10, add(elements, 0x40), 0x40, add(points, 0x80), 0x80), done)
            done := and(eq(returndatasize(), 0x80), done)
            done := and(staticcall(gas(), 0x0b, points, 0x100, add(words, mul(first, 0x20)), 0x80), done)
            done := and(eq(returndatasize(), 0x80), done)
        }
        if (!done) revert HashToCurveUnavailable();
    }

    /// @dev hash_to_field: two elements of Fp, 64 bytes each.
    /// @return elements Where in memory they are.
    function _fieldElements(bytes32 domain, bytes32 message) private view returns (uint256 elements) {
        bool done;
        assembly ("memory-safe") {
            elements := mload(0x40)
            let place := elements
            // MODEXP's input: lengths of base, exponent and modulus, the base, the exponent 1, the modulus p.
            let modexp := add(elements, 0x80)
            mstore(modexp, 0x40)
            mstore(add(modexp, 0x20), 1)
            mstore(add(modexp, 0x40), 0x40)
            let base := add(modexp, 0x60)
            mstore8(add(modexp, 0xa0), 1)
            mstore(add(modexp, 0xa1), P_HIGH)
            mstore(add(modexp, 0xc1), P_LOW)
            // b_0 = SHA-256(64 zeros, message, 128 as two bytes, 0, domain and its length): 143 bytes.
            let hashed := add(modexp, 0x100)
            mstore(hashed, 0)
            mstore(add(hashed, 0x20), 0)
            mstore(add(hashed, 0x40), message)
            mstore(add(hashed, 0x60), shl(232, 0x008000))
            mstore(add(hashed, 0x63), domain)
            mstore(add(hashed, 0x83), DOMAIN_TAIL)
            done := staticcall(gas(), 2, hashed, 143, 0x00, 0x20)
            done := and(done, eq(returndatasize(), 0x20))
            let first := mload(0x00)
            // b_i = SHA-256(b_0 xor b_(i-1), i, domain and its length): 77 bytes, of which the last 44 are in place.
            hashed := add(hashed, 0x42)
            let index := add(hashed, 0x20)
            let base2 := add(base, 0x20)
            let previous := 0
            for { let i := 1 } lt(i, 5) { i := add(i, 2) } {
                mstore(hashed, xor(first, previous))
                mstore8(index, i)
                done := and(staticcall(gas(), 2, hashed, 77, base, 0x20), done)
                mstore(hashed, xor(first, mload(base)))
                mstore8(index, add(i, 1))
                done := and(staticcall(gas(), 2, hashed, 77, base2, 0x20), done)
                previous := mload(base2)
                done := and(staticcall(gas(), 5, modexp, 0xe1, place, 0x40), done)
                place := add(place, 0x40)
            }
            done := and(eq(returndatasize(), 0x40), done)
            mstore(0x40, modexp)
        }
        if (!done) revert HashToCurveUnavailable();
    }
}
