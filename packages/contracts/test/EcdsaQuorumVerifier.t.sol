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

    /// @dev Nobody can be in twice: a second signature by one member stands at the place of another, or of none.
    function test_duplicateSignerIsRefused() public {
        uint256[] memory signers = _first(keys, 5);
        signers[4] = signers[3];
        bytes memory twice = _certificate(signers, DIGEST);
        _refused(twice, abi.encodeWithSelector(IQuorumErrors.MalformedCertificate.selector, 336));
        twice[15] |= 0x10;
        _refused(twice, abi.encodeWithSelector(IQuorumErrors.InvalidSignature.selector, 4));
    }

    function test_unsortedSignersAreRefused() public {
        uint256[] memory signers = _first(keys, 6);
        (signers[1], signers[2]) = (signers[2], signers[1]);
        _refused(_certificate(signers, DIGEST), abi.encodeWithSelector(IQuorumErrors.InvalidSignature.selector, 1));
    }

    function test_strangerIsRefused() public {
        uint256[] memory strangers = new uint256[](1);
        strangers[0] = uint256(keccak256("stranger"));
        _refused(_certificate(strangers, DIGEST), abi.encodeWithSelector(IQuorumErrors.InvalidSignature.selector, 0));
    }

    function test_bitBeyondTheMembersIsRefused() public {
        bytes memory certificate = _certificate(keys, DIGEST);
        certificate[15] |= 0x40;
        _refused(certificate, abi.encodeWithSelector(IQuorumErrors.UnknownSigner.selector, 6));
        certificate[0] |= 0x80;
        _refused(certificate, abi.encodeWithSelector(IQuorumErrors.UnknownSigner.selector, 127));
    }

    function test_bitsOfASetOf128() public {
        keys = _keys(128);
        _startEpoch(_members(keys, 10), POLICIES);
        assertEq(verifier.verify(snapshot, DIGEST, _certificate(keys, DIGEST)), 1_280, "signed weight of all");
        uint256[] memory last = new uint256[](86);
        for (uint256 i = 0; i < 86; ++i) {
            last[i] = keys[42 + i];
        }
        assertEq(verifier.verify(snapshot, DIGEST, _certificate(last, DIGEST)), 860, "signed weight of the last 86");
    }

    function test_signerOfAnotherEpochIsRefused() public {
        bytes memory certificate = _certificate(keys, DIGEST);
        _startEpoch(_members(_first(keys, 3), 10), POLICIES);
        vm.expectRevert(abi.encodeWithSelector(IQuorumErrors.UnknownSigner.selector, 5));
        verifier.verify(snapshot, DIGEST, certificate);
    }

    function test_emptyCertificateIsRefused() public {
        _refused("", abi.encodeWithSelector(IQuorumErrors.MalformedCertificate.selector, 0));
        _refused(new bytes(15), abi.encodeWithSelector(IQuorumErrors.MalformedCertificate.selector, 15));
        _refused(new bytes(16), abi.encodeWithSelector(IQuorumErrors.QuorumNotReached.selector, 0, 60));
    }

    function test_cutAndExtendedCertificatesAreRefused() public {
        bytes memory certificate = _certificate(keys, DIGEST);
        _refusedLength(bytes.concat(certificate, hex"00"), 401);
        _refusedLength(bytes.concat(certificate, new bytes(64)), 464);
        _refusedLength(bytes.concat(certificate, _compactSignature(keys[5], DIGEST)), 464);
        _refusedLength(_cut(certificate, 399), 399);
        _refusedLength(_cut(certificate, 336), 336);
        _refusedLength(_cut(certificate, 16), 16);
    }

    /// @dev Signatures that lie in the calldata behind the certificate's end are no part of it.
    function test_signaturesBehindTheEndDoNotCount() public view {
        bytes memory certificate = _certificate(keys, DIGEST);
        bytes memory data = abi.encodeCall(verifier.verify, (snapshot, DIGEST, certificate));
        // The certificate's length is the fourth word behind the selector.
        (data[130], data[131]) = (0, 0x10);
        (bool done, bytes memory reason) = address(verifier).staticcall(data);
        assertTrue(!done, "taken");
        bytes memory expected = abi.encodeWithSelector(IQuorumErrors.MalformedCertificate.selector, 16);
        assertEq(keccak256(reason), keccak256(expected), "reason");
    }

    function test_malleableTwinIsRefused() public {
        bytes memory certificate = _certificate(_first(keys, 5), DIGEST);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(keys[0], DIGEST);
        uint256 twin = CURVE_ORDER - uint256(s);
        // With its s in place the twin has its highest bit set or not: neither reading of it is taken.
        _put(certificate, 16, r);
        _put(certificate, 48, bytes32(twin));
        _refused(certificate, abi.encodeWithSelector(IQuorumErrors.InvalidSignature.selector, 0));
        _put(certificate, 48, bytes32((twin & (type(uint256).max >> 1)) | (uint256(28 - v) << 255)));
        _refused(certificate, abi.encodeWithSelector(IQuorumErrors.InvalidSignature.selector, 0));
    }

    function test_otherParityIsRefused() public {
        bytes memory certificate = _certificate(_first(keys, 5), DIGEST);
        certificate[16 + 64 + 32] ^= 0x80;
        _refused(certificate, abi.encodeWithSelector(IQuorumErrors.InvalidSignature.selector, 1));
    }

    /// @dev ecrecover gives nothing then, and what the signature before gave must not be taken for its answer.
    function test_zeroSignatureIsRefused() public {
        bytes memory certificate = bytes.concat(bytes16(uint128(3)), _compactSignature(keys[0], DIGEST), new bytes(64));
        _refused(certificate, abi.encodeWithSelector(IQuorumErrors.InvalidSignature.selector, 1));
        certificate = bytes.concat(bytes16(uint128(1)), new bytes(64));
        _refused(certificate, abi.encodeWithSelector(IQuorumErrors.InvalidSignature.selector, 0));
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
        bytes memory signatures;
        chosen &= 0x3f;
        uint256 signed = 0;
        uint256 total = 0;
        for (uint256 i = 0; i < keys.length; ++i) {
            members[i].weight = uint96(uint256(keccak256(abi.encode(seed, i))) % 4 + 1);
            total += members[i].weight;
            if ((chosen >> i) & 1 == 0) continue;
            signed += members[i].weight;
            signatures = bytes.concat(signatures, _compactSignature(keys[i], DIGEST));
        }
        bytes memory certificate = abi.encodePacked(uint128(chosen), signatures);
        _startEpoch(members, POLICIES);
        if (signed * 3 <= total * 2) {
            vm.expectRevert(abi.encodeWithSelector(IQuorumErrors.QuorumNotReached.selector, signed, total));
        }
        verifier.verify(snapshot, DIGEST, certificate);
    }

    /// @dev The first `length` bytes.
    function _cut(bytes memory data, uint256 length) private pure returns (bytes memory head) {
        head = new bytes(length);
        for (uint256 i = 0; i < length; ++i) {
            head[i] = data[i];
        }
    }

    /// @dev Writes a word into `data`, from byte `place` on.
    function _put(bytes memory data, uint256 place, bytes32 word) private pure {
        for (uint256 i = 0; i < 32; ++i) {
            data[place + i] = word[i];
        }
    }

    /// @dev Expects the verifier to refuse `certificate` for its length.
    function _refusedLength(bytes memory certificate, uint256 length) private {
        _refused(certificate, abi.encodeWithSelector(IQuorumErrors.MalformedCertificate.selector, length));
    }

    /// @dev Expects the verifier to refuse `certificate` for `reason`.
    function _refused(bytes memory certificate, bytes memory reason) private {
        vm.expectRevert(reason);
        verifier.verify(snapshot, DIGEST, certificate);
    }
}
