// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {HashToG2} from "./HashToG2.sol";

/// @title Bls12381
/// @notice BLS12-381 signatures by the precompiles of EIP-2537: keys in G1, signatures in G2 (minimal-pubkey-size).
/// @dev A point of G1 in memory is four words (x, y; 64 bytes each, big-endian), as the precompiles want it. Packed it
/// is three words: 48 bytes of x, 48 bytes of y. A packed point of G2 has 192 bytes: x.c0, x.c1, y.c0, y.c1.
library Bls12381 {
    /// @notice Length of a packed point of G1.
    uint256 internal constant G1_LENGTH = 96;

    /// @notice Length of a packed point of G2.
    uint256 internal constant G2_LENGTH = 192;

    uint256 private constant G1_ADD = 0x0b;
    uint256 private constant PAIRING_CHECK = 0x0f;
    uint256 private constant LOW_HALF = type(uint128).max;

    /// @dev The base field's prime.
    uint256 private constant P_HIGH = 0x1a0111ea397fe69a4b1ba7b6434bacd7;
    uint256 private constant P_LOW = 0x64774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab;

    /// @dev The generator of G1, negated.
    uint256 private constant MINUS_G1_X_HIGH = 0x17f1d3a73197d7942695638c4fa9ac0f;
    uint256 private constant MINUS_G1_X_LOW = 0xc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb;
    uint256 private constant MINUS_G1_Y_HIGH = 0x114d1d6855d545a8aa7d76c8cf2e21f2;
    uint256 private constant MINUS_G1_Y_LOW = 0x67816aef1db507c96655b9d5caac42364e6f38ba0ecb751bad54dcd6b939c2ca;

    /// @notice The chain has no precompile at this address: EIP-2537 is not in force.
    error PrecompileMissing(uint256 precompile);

    /// @notice This sum is of words that are no points of the curve.
    error NotOnCurve();

    /// @notice A packed point of G1, unpacked.
    function unpack(uint256 word0, uint256 word1, uint256 word2) internal pure returns (uint256[4] memory point) {
        point[0] = word0 >> 128;
        point[1] = (word0 << 128) | (word1 >> 128);
        point[2] = word1 & LOW_HALF;
        point[3] = word2;
    }

    /// @notice A point of G1, packed.
    function pack(uint256[4] memory point) internal pure returns (uint256 word0, uint256 word1, uint256 word2) {
        word0 = (point[0] << 128) | (point[1] >> 128);
        word1 = (point[1] << 128) | point[2];
        word2 = point[3];
    }

    /// @notice Turns a point of G1 into its inverse, in place. Its y must not be 0: no point of the group but
    /// infinity has such a y.
    function negate(uint256[4] memory point) internal pure {
        // The high word of p is larger than that of y or equal to it, since y is below p.
        unchecked {
            uint256 low = point[3];
            point[2] = P_HIGH - point[2] - (low > P_LOW ? 1 : 0);
            point[3] = P_LOW - low;
        }
    }

    /// @notice Adds `other` to `sum`, in place. Both must be on the curve; infinity is all zero.
    function add(uint256[4] memory sum, uint256[4] memory other) internal view {
        bool done;
        uint256 returned;
        assembly ("memory-safe") {
            let input := mload(0x40)
            mcopy(input, sum, 0x80)
            mcopy(add(input, 0x80), other, 0x80)
            done := staticcall(gas(), G1_ADD, input, 0x100, sum, 0x80)
            returned := returndatasize()
        }
        if (!done) revert NotOnCurve();
        if (returned != 0x80) revert PrecompileMissing(G1_ADD);
    }

    /// @notice Whether `signature` is that of `key` over `message`: e(-g1, signature) · e(key, H(message)) = 1.
    /// @dev The pairing precompile refuses points off the curve and outside the subgroup; all gas that it was given is
    /// lost then.
    /// @param key Point of G1. The caller refuses infinity, under which anybody can sign.
    /// @param domain One of HashToG2's domains: what the signature is for.
    /// @param message What was signed.
    /// @param signature Packed point of G2, 192 bytes.
    function isSigned(uint256[4] memory key, bytes32 domain, bytes32 message, bytes calldata signature)
        internal
        view
        returns (bool)
    {
        uint256[24] memory pairs;
        pairs[0] = MINUS_G1_X_HIGH;
        pairs[1] = MINUS_G1_X_LOW;
        pairs[2] = MINUS_G1_Y_HIGH;
        pairs[3] = MINUS_G1_Y_LOW;
        assembly ("memory-safe") {
            for { let pair := 0 } lt(pair, 2) { pair := add(pair, 1) } {
                let from := add(signature.offset, mul(pair, 0x60))
                let to := add(add(pairs, 0x80), mul(pair, 0x80))
                mstore(to, shr(128, calldataload(from)))
                calldatacopy(add(to, 0x20), add(from, 0x10), 0x20)
                mstore(add(to, 0x40), shr(128, calldataload(add(from, 0x30))))
                calldatacopy(add(to, 0x60), add(from, 0x40), 0x20)
            }
            mcopy(add(pairs, 0x180), key, 0x80)
        }
        HashToG2.write(pairs, 16, domain, message);
        return _pairingIsOne(pairs);
    }

    /// @dev The pairing check over two pairs; false where a point is none.
    function _pairingIsOne(uint256[24] memory pairs) private view returns (bool) {
        bool done;
        uint256 returned;
        uint256 result;
        assembly ("memory-safe") {
            done := staticcall(gas(), PAIRING_CHECK, pairs, 0x300, 0x00, 0x20)
            returned := returndatasize()
            result := mload(0x00)
        }
        if (done && returned != 0x20) revert PrecompileMissing(PAIRING_CHECK);
        return done && result == 1;
    }
}
