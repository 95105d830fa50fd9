// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Bls12381} from "../solidity/Bls12381.sol";
import {BlsKeyRegistry} from "../solidity/BlsKeyRegistry.sol";
import {BlsQuorumVerifier} from "../solidity/BlsQuorumVerifier.sol";
import {HashToG1} from "../solidity/HashToG1.sol";
import {IQuorumErrors} from "../solidity/IQuorumErrors.sol";
import {NetworkTest} from "./Network.sol";

/// @notice Registering BLS keys, and what it keeps out: rogue keys, borrowed keys, keys that are none.
contract BlsKeyRegistryTest is NetworkTest {
    uint256[] private keys;

    function setUp() public {
        vm.warp(START);
        _deployNetwork(new BlsQuorumVerifier());
        keys = _keys(4);
        for (uint256 i = 0; i < keys.length; ++i) {
            _join(keys[i], 200);
            if (i < 3) _setBlsKey(keys[i], _secret(i));
        }
    }

    function test_networkWithBlsCertificates() public {
        registry.startEpoch();
        bytes memory packed = registry.blsKeysOf(1);
        assertEq(packed.length, 4 * 192, "length of the keys");
        bytes memory certificate = _blsCertificate(3, "", hub.cosignatureDigest(1, 1, ROOT, 3));
        hub.post(1, 1, ROOT, 3, certificate);
        assertTrue(hub.isPosted(1, 1), "posted");
        bytes memory tooFew = _blsCertificate(3, hex"01", hub.cosignatureDigest(1, 2, ROOT, 3));
        vm.expectRevert(abi.encodeWithSelector(IQuorumErrors.QuorumNotReached.selector, 400, 800));
        hub.post(1, 2, ROOT, 3, tooFew);
    }

    function test_newKeyCountsFromTheNextEpoch() public {
        registry.startEpoch();
        _setBlsKey(keys[0], _secret(9));
        (bytes memory key, uint64 version) = blsKeys.keyOf(vm.addr(keys[0]));
        assertEq(keccak256(key), keccak256(_packedKey(_secret(9))), "key");
        assertEq(version, 2, "version");
        hub.post(1, 1, ROOT, 3, _blsCertificate(3, "", hub.cosignatureDigest(1, 1, ROOT, 3)));
        _nextEpoch();
        bytes memory certificate = _blsCertificate(3, "", hub.cosignatureDigest(2, 1, ROOT, 3));
        vm.expectRevert(abi.encodeWithSelector(IQuorumErrors.InvalidAggregate.selector));
        hub.post(2, 1, ROOT, 3, certificate);
    }

    /// @dev The attack that proof of possession is for: the last operator registers the difference between a key of
    /// its own and the sum of the others, and could then sign for all. It cannot prove that it holds that difference.
    function test_rogueKeyIsRefused() public {
        uint256[8] memory rogue = _public(_secret(7));
        for (uint256 i = 0; i < 3; ++i) {
            uint256[8] memory other = _public(_secret(i));
            Bls12381.negate(other);
            Bls12381.add(rogue, other);
        }
        bytes memory key = abi.encodePacked(Bls12381.pack(rogue));
        address operator = vm.addr(keys[3]);
        bytes32 digest = blsKeys.keyDigest(operator, key);
        bytes memory possession = _blsSign(_secret(7), HashToG1.POSSESSION_DOMAIN, digest);
        _refused(operator, key, possession, _signature(keys[3], digest), _notPossessed(operator));
    }

    function test_keyOfAnotherIsRefused() public {
        address operator = vm.addr(keys[3]);
        bytes memory key = _packedKey(_secret(0));
        bytes32 digest = blsKeys.keyDigest(operator, key);
        bytes memory own = _blsSign(_secret(7), HashToG1.POSSESSION_DOMAIN, digest);
        _refused(operator, key, own, _signature(keys[3], digest), _notPossessed(operator));
        bytes memory shared = _blsSign(_secret(0), HashToG1.POSSESSION_DOMAIN, digest);
        bytes memory taken = abi.encodeWithSelector(BlsKeyRegistry.KeyTaken.selector, vm.addr(keys[0]));
        _refused(operator, key, shared, _signature(keys[3], digest), taken);
    }

    function test_cosignatureIsNoProofOfPossession() public {
        address operator = vm.addr(keys[3]);
        bytes memory key = _packedKey(_secret(7));
        bytes32 digest = blsKeys.keyDigest(operator, key);
        bytes memory cosignature = _blsSign(_secret(7), HashToG1.SIGNATURE_DOMAIN, digest);
        _refused(operator, key, cosignature, _signature(keys[3], digest), _notPossessed(operator));
    }

    function test_operatorMustWantTheKey() public {
        address operator = vm.addr(keys[3]);
        bytes memory key = _packedKey(_secret(7));
        bytes32 digest = blsKeys.keyDigest(operator, key);
        bytes memory possession = _blsSign(_secret(7), HashToG1.POSSESSION_DOMAIN, digest);
        bytes memory reason = abi.encodeWithSelector(BlsKeyRegistry.NotWantedByOperator.selector, operator);
        _refused(operator, key, possession, _signature(keys[2], digest), reason);
        bytes memory consent = _signature(keys[3], digest);
        blsKeys.setKey(operator, key, possession, consent);
        _refused(operator, key, possession, consent, reason);
    }

    function test_whatIsNoKeyIsRefused() public {
        address operator = vm.addr(keys[3]);
        bytes memory malformed = abi.encodeWithSelector(BlsKeyRegistry.MalformedKey.selector);
        _refused(operator, new bytes(191), new bytes(96), "", malformed);
        _refused(operator, new bytes(192), new bytes(95), "", malformed);
        bytes memory infinity = new bytes(192);
        _refused(operator, infinity, new bytes(96), _signature(keys[3], blsKeys.keyDigest(operator, infinity)), malformed);
        bytes memory offCurve = new bytes(192);
        offCurve[191] = 0x01;
        bytes memory consent = _signature(keys[3], blsKeys.keyDigest(operator, offCurve));
        _refused(operator, offCurve, new bytes(96), consent, _notPossessed(operator));
    }

    /// @dev With x = 2 this point is on the twisted curve and not in the subgroup of its prime order.
    function test_pointOutsideTheGroupIsRefused() public {
        address operator = vm.addr(keys[3]);
        bytes memory y =
            hex"18c6b864ae17dc9da64203ffefb966306425a7bc6aeb7c75247438372716284a4173830420cd476ba1a365b95bfcec38172e93db764a8400a7d5071b6b6f5de0da2f0f4a063119abca014006b7c40a2cfe291a1924e65db0d6d0fcfbf3bf3d5c";
        bytes memory key = bytes.concat(new bytes(47), hex"02", new bytes(48), y);
        bytes32 digest = blsKeys.keyDigest(operator, key);
        bytes memory possession = _blsSign(_secret(7), HashToG1.POSSESSION_DOMAIN, digest);
        _refused(operator, key, possession, _signature(keys[3], digest), _notPossessed(operator));
    }

    /// @dev Registration fails for `reason`.
    function _refused(
        address operator,
        bytes memory key,
        bytes memory possession,
        bytes memory consent,
        bytes memory reason
    ) private {
        vm.expectRevert(reason);
        blsKeys.setKey(operator, key, possession, consent);
    }

    /// @dev The reason why a key without its proof is refused.
    function _notPossessed(address operator) private pure returns (bytes memory) {
        return abi.encodeWithSelector(BlsKeyRegistry.NotPossessed.selector, operator);
    }
}
