// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IQuorumErrors} from "../solidity/IQuorumErrors.sol";
import {Member} from "../solidity/Member.sol";
import {AssayTest} from "./Assay.sol";

/// @notice The ECDSA verifier: which certificates it takes, and for which reason it refuses the others.
contract EcdsaQuorumVerifierTest is AssayTest {
    bytes32 private constant DIGEST = keccak256("digest");
    uint256 private constant CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;

    uint256[] private keys;

    function setUp() public {
        _deploy();
        keys = _keys(6);
        _startEpoch(_members(keys, 10), POLICIES);
    }

    function test_moreThanTwoThirdsPass() public view {
        assertEq(verifier.verify(snapshot, DIGEST, _certificate(_first(keys, 5), DIGEST)), 50, "signed weight of five");
        assertEq(verifier.verify(snapshot, DIGEST, _certificate(keys, DIGEST)), 60, "signed weight of all");
    }

    function test_exactlyTwoThirdsAreTooFew() public {
        bytes memory certificate = _certificate(_first(keys, 4), DIGEST);
        _refused(certificate, abi.encodeWithSelector(IQuorumErrors.QuorumNotReached.selector, 40, 60));
    }

    function test_oneUnitAboveTwoThirdsPasses() public {
        Member[] memory members = _members(_first(keys, 3), 1_000_000);
        members[0].weight = 1_000_001;
        _startEpoch(members, POLICIES);
        uint256[] memory signers = _first(keys, 2);
        assertEq(verifier.verify(snapshot, DIGEST, _certificate(signers, DIGEST)), 2_000_001, "signed weight");
    }

    function test_duplicateSignerIsRefused() public {
        uint256[] memory signers = _first(keys, 5);
        signers[4] = signers[3];
        bytes memory reason = abi.encodeWithSelector(IQuorumErrors.SignersNotAscending.selector, vm.addr(signers[3]));
        _refused(_certificate(signers, DIGEST), reason);
    }

    function test_unsortedSignersAreRefused() public {
        uint256[] memory signers = _first(keys, 6);
        (signers[1], signers[2]) = (signers[2], signers[1]);
        bytes memory reason = abi.encodeWithSelector(IQuorumErrors.SignersNotAscending.selector, vm.addr(signers[2]));
        _refused(_certificate(signers, DIGEST), reason);
    }

    function test_unknownSignerIsRefused() public {
        uint256[] memory strangers = new uint256[](1);
        strangers[0] = uint256(keccak256("stranger"));
        bytes memory reason = abi.encodeWithSelector(IQuorumErrors.UnknownSigner.selector, vm.addr(strangers[0]));
        _refused(_certificate(strangers, DIGEST), reason);
    }

    function test_signerOfAnotherEpochIsRefused() public {
        _startEpoch(_members(_first(keys, 3), 10), POLICIES);
        bytes memory certificate = _certificate(keys, DIGEST);
        vm.expectRevert(abi.encodeWithSelector(IQuorumErrors.UnknownSigner.selector, vm.addr(keys[3])));
        verifier.verify(snapshot, DIGEST, certificate);
    }

    function test_emptyCertificateIsRefused() public {
        _refused("", abi.encodeWithSelector(IQuorumErrors.MalformedCertificate.selector, 0));
    }

    function test_cutCertificateIsRefused() public {
        bytes memory certificate = bytes.concat(_certificate(keys, DIGEST), hex"00");
        _refused(certificate, abi.encodeWithSelector(IQuorumErrors.MalformedCertificate.selector, 391));
    }

    function test_malleableTwinIsRefused() public {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(keys[0], DIGEST);
        bytes memory twin = abi.encodePacked(r, bytes32(CURVE_ORDER - uint256(s)), v == 27 ? uint8(28) : uint8(27));
        _refused(twin, abi.encodeWithSelector(IQuorumErrors.InvalidSignature.selector, 0));
    }

    function test_zeroSignatureIsRefused() public {
        bytes memory certificate = bytes.concat(_signature(keys[0], DIGEST), new bytes(65));
        _refused(certificate, abi.encodeWithSelector(IQuorumErrors.InvalidSignature.selector, 1));
    }

    /// @dev Every single bit of a certificate counts.
    function testFuzz_flippedBitIsRefused(uint256 bit) public {
        bytes memory certificate = _certificate(_first(keys, 5), DIGEST);
        bit %= certificate.length * 8;
        certificate[bit / 8] ^= bytes1(uint8(1 << (bit % 8)));
        vm.expectRevert();
        verifier.verify(snapshot, DIGEST, certificate);
    }

    /// @dev A certificate is good for the digest that was signed and for no other.
    function testFuzz_otherDigestIsRefused(bytes32 other) public {
        vm.assume(other != DIGEST);
        bytes memory certificate = _certificate(keys, DIGEST);
        vm.expectRevert();
        verifier.verify(snapshot, other, certificate);
    }

    /// @dev A certificate passes if and only if its signers have more than two thirds of the weight.
    function testFuzz_passesOnlyAboveTwoThirds(uint256 seed, uint8 chosen) public {
        Member[] memory members = _members(keys, 1);
        bytes memory certificate;
        uint256 signed = 0;
        uint256 total = 0;
        for (uint256 i = 0; i < keys.length; ++i) {
            members[i].weight = uint96(uint256(keccak256(abi.encode(seed, i))) % 4 + 1);
            total += members[i].weight;
            if ((chosen >> i) & 1 == 0) continue;
            signed += members[i].weight;
            certificate = bytes.concat(certificate, _signature(keys[i], DIGEST));
        }
        vm.assume(signed > 0);
        _startEpoch(members, POLICIES);
        if (signed * 3 <= total * 2) {
            vm.expectRevert(abi.encodeWithSelector(IQuorumErrors.QuorumNotReached.selector, signed, total));
        }
        verifier.verify(snapshot, DIGEST, certificate);
    }

    /// @dev Expects the verifier to refuse `certificate` for `reason`.
    function _refused(bytes memory certificate, bytes memory reason) private {
        vm.expectRevert(reason);
        verifier.verify(snapshot, DIGEST, certificate);
    }
}
