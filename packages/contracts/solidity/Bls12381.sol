// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {HashToG1} from "./HashToG1.sol";

/// @title Bls12381
/// @notice BLS12-381 signatures by the precompiles of EIP-2537: keys in G2, signatures in G1 (minimal-signature-size).
/// @dev A point of G2 in memory is eight words (x.c0, x.c1, y.c0, y.c1; 64 bytes each, big-endian), as the precompiles
/// want it. Packed it is six words: 48 bytes for each of the four. A packed point of G1 has 96 bytes: x, y.
library Bls12381 {
    /// @notice Length of a packed point of G1: a signature.
    uint256 internal constant G1_LENGTH = 96;

    /// @notice Length of a packed point of G2: a key.
    uint256 internal constant G2_LENGTH = 192;

    uint256 private constant G2_ADD = 0x0d;
    uint256 private constant PAIRING_CHECK = 0x0f;

    /// @dev The base field's prime.
    uint256 private constant P_HIGH = 0x1a0111ea397fe69a4b1ba7b6434bacd7;
    uint256 private constant P_LOW = 0x64774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab;

    /// @dev The generator of G2, negated.
    uint256 private constant MINUS_G2_X0_HIGH = 0x024aa2b2f08f0a91260805272dc51051;
    uint256 private constant MINUS_G2_X0_LOW = 0xc6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8c121bdb8;
    uint256 private constant MINUS_G2_X1_HIGH = 0x13e02b6052719f607dacd3a088274f65;
    uint256 private constant MINUS_G2_X1_LOW = 0x596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57e5ac7d055d042b7e;
    uint256 private constant MINUS_G2_Y0_HIGH = 0x0d1b3cc2c7027888be51d9ef691d77bc;
    uint256 private constant MINUS_G2_Y0_LOW = 0xb679afda66c73f17f9ee3837a55024f78c71363275a75d75d86bab79f74782aa;
    uint256 private constant MINUS_G2_Y1_HIGH = 0x13fa4d4a0ad8b1ce186ed5061789213d;
    uint256 private constant MINUS_G2_Y1_LOW = 0x993923066dddaf1040bc3ff59f825c78df74f2d75467e25e0f55f8a00fa030ed;

    /// @notice The chain has no precompile at this address: EIP-2537 is not in force.
    error PrecompileMissing(uint256 precompile);

    /// @notice This sum is of words that are no points of the curve.
    error NotOnCurve();

    /// @notice A packed point of G2, unpacked.
    /// @param place Where in memory its 192 bytes are.
    function unpack(uint256 place) internal pure returns (uint256[8] memory point) {
        assembly ("memory-safe") {
            for { let to := point } lt(to, add(point, 0x100)) { to := add(to, 0x40) } {
                mstore(to, shr(128, mload(place)))
                mstore(add(to, 0x20), mload(add(place, 0x10)))
                place := add(place, 0x30)
            }
        }
    }

    /// @notice A point of G2, packed.
    function pack(uint256[8] memory point) internal pure returns (uint256[6] memory words) {
        assembly ("memory-safe") {
            let to := words
            for { let from := point } lt(from, add(point, 0x100)) { from := add(from, 0x40) } {
                mstore(to, shl(128, mload(from)))
                mstore(add(to, 0x10), mload(add(from, 0x20)))
                to := add(to, 0x30)
            }
        }
    }

    /// @notice Turns a point of G2 into its inverse, in place.
    function negate(uint256[8] memory point) internal pure {
        // The high word of p is larger than that of a coordinate or equal to it, since coordinates are below p.
        unchecked {
            for (uint256 i = 4; i < 8; i += 2) {
                uint256 low = point[i + 1];
                if (point[i] | low == 0) continue;
                point[i] = P_HIGH - point[i] - (low > P_LOW ? 1 : 0);
                point[i + 1] = P_LOW - low;
            }
        }
    }

    /// @notice Adds `other` to `sum`, in place. Both must be on the curve; infinity is all zero.
    function add(uint256[8] memory sum, uint256[8] memory other) internal view {
        uint256[16] memory pair;
        assembly ("memory-safe") {
            mcopy(pair, sum, 0x100)
            mcopy(add(pair, 0x100), other, 0x100)
        }
        addSecond(pair);
        assembly ("memory-safe") {
            mcopy(sum, pair, 0x100)
        }
    }

    /// @notice Adds the second of two points of G2, which lie behind one another, to the first, in place.
    function addSecond(uint256[16] memory pair) internal view {
        bool done;
        uint256 returned;
        assembly ("memory-safe") {
            done := staticcall(gas(), G2_ADD, pair, 0x200, pair, 0x100)
            returned := returndatasize()
        }
        if (!done) revert NotOnCurve();
        if (returned != 0x100) revert PrecompileMissing(G2_ADD);
    }

    /// @notice Copies the second of two points of G2 over the first.
    function copySecond(uint256[16] memory pair) internal pure {
        assembly ("memory-safe") {
            mcopy(pair, add(pair, 0x100), 0x100)
        }
    }

    /// @notice Whether a point is infinity: no point of the curve has all coordinates zero.
    function isInfinity(uint256[8] memory point) internal pure returns (bool) {
        return (point[0] | point[1] | point[2] | point[3]) | (point[4] | point[5] | point[6] | point[7]) == 0;
    }

    /// @notice Whether `signature` is that of `key` over `message`: e(signature, -g2) · e(H(message), key) = 1.
    /// @dev The pairing precompile refuses points off the curve and outside the subgroup; all gas that it was given is
    /// lost then.
    /// @param key Point of G2. The caller refuses infinity, under which anybody can sign.
    /// @param domain One of HashToG1's domains: what the signature is for.
    /// @param message What was signed.
    /// @param signature Packed point of G1, 96 bytes.
    function isSigned(uint256[8] memory key, bytes32 domain, bytes32 message, bytes calldata signature)
        internal
        view
        returns (bool)
    {
        uint256[24] memory pairs;
        assembly ("memory-safe") {
            mstore(pairs, shr(128, calldataload(signature.offset)))
            calldatacopy(add(pairs, 0x20), add(signature.offset, 0x10), 0x20)
            mstore(add(pairs, 0x40), shr(128, calldataload(add(signature.offset, 0x30))))
            calldatacopy(add(pairs, 0x60), add(signature.offset, 0x40), 0x20)
            mstore(add(pairs, 0x80), MINUS_G2_X0_HIGH)
            mstore(add(pairs, 0xa0), MINUS_G2_X0_LOW)
            mstore(add(pairs, 0xc0), MINUS_G2_X1_HIGH)
            mstore(add(pairs, 0xe0), MINUS_G2_X1_LOW)
            mstore(add(pairs, 0x100), MINUS_G2_Y0_HIGH)
            mstore(add(pairs, 0x120), MINUS_G2_Y0_LOW)
            mstore(add(pairs, 0x140), MINUS_G2_Y1_HIGH)
            mstore(add(pairs, 0x160), MINUS_G2_Y1_LOW)
            mcopy(add(pairs, 0x200), key, 0x100)
        }
        HashToG1.write(pairs, 12, domain, message);
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
