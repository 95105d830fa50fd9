// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Bls12381} from "../solidity/Bls12381.sol";
import {BlsQuorumVerifier} from "../solidity/BlsQuorumVerifier.sol";
import {HashToG1} from "../solidity/HashToG1.sol";
import {IQuorumErrors} from "../solidity/IQuorumErrors.sol";
import {Member} from "../solidity/Member.sol";
import {BlsMembers} from "./BlsMembers.sol";

/// @notice The BLS verifier: which certificates it takes, and for which reason it refuses the others.
contract BlsQuorumVerifierTest is BlsMembers {
    bytes32 private constant DIGEST = keccak256("digest");
    uint256 private constant COUNT = 6;

    BlsQuorumVerifier private subject;

    function setUp() public {
        _deploy();
        subject = new BlsQuorumVerifier();
        _startEpoch(_blsMembers(COUNT), POLICIES, _blsKeyWords(_blsMembers(COUNT)));
    }

    function test_allAndMoreThanTwoThirdsPass() public view {
        assertEq(subject.verify(snapshot, DIGEST, _blsCertificate(COUNT, "", DIGEST)), 6, "all");
        assertEq(subject.verify(snapshot, DIGEST, _blsCertificate(COUNT, hex"00", DIGEST)), 5, "without the first");
        assertEq(subject.verify(snapshot, DIGEST, _blsCertificate(COUNT, hex"05", DIGEST)), 5, "without the last");
    }

    function test_exactlyTwoThirdsAreTooFew() public {
        bytes memory reason = abi.encodeWithSelector(IQuorumErrors.QuorumNotReached.selector, 4, 6);
        _refused(_blsCertificate(COUNT, hex"0104", DIGEST), reason);
    }

    function test_nonSignerThatIsNotSubtractedIsRefused() public {
        bytes memory certificate = _blsCertificate(COUNT, hex"02", DIGEST);
        _refused(_cut(certificate, 96), abi.encodeWithSelector(IQuorumErrors.InvalidAggregate.selector));
        bytes memory another = bytes.concat(_cut(certificate, 96), hex"03");
        _refused(another, abi.encodeWithSelector(IQuorumErrors.InvalidAggregate.selector));
    }

    function test_nonSignersTwiceOrOutOfOrderAreRefused() public {
        bytes memory signature = _cut(_blsCertificate(COUNT, "", DIGEST), 96);
        bytes memory twice = bytes.concat(signature, hex"0303");
        _refused(twice, abi.encodeWithSelector(IQuorumErrors.NonSignersNotAscending.selector, 3));
        bytes memory descending = bytes.concat(signature, hex"0302");
        _refused(descending, abi.encodeWithSelector(IQuorumErrors.NonSignersNotAscending.selector, 2));
    }

    function test_nonSignerThatIsNoMemberIsRefused() public {
        bytes memory certificate = bytes.concat(_blsCertificate(COUNT, "", DIGEST), hex"06");
        _refused(certificate, abi.encodeWithSelector(IQuorumErrors.UnknownNonSigner.selector, 6));
    }

    /// @dev The keys of a set of 128 lie in two stores: the last one is alone in the second.
    function test_nonSignersOfASetOf128() public {
        _startEpoch(_blsMembers(128), POLICIES, _blsKeyWords(_blsMembers(128)));
        assertEq(subject.verify(snapshot, DIGEST, _blsCertificate(128, "", DIGEST)), 128, "all");
        bytes memory nonSigners = hex"0001407d7e7f";
        assertEq(subject.verify(snapshot, DIGEST, _blsCertificate(128, nonSigners, DIGEST)), 122, "without six");
        assertEq(subject.verify(snapshot, DIGEST, _blsCertificate(128, hex"7f", DIGEST)), 127, "without the last");
        _refused(
            bytes.concat(_blsCertificate(128, "", DIGEST), hex"80"),
            abi.encodeWithSelector(IQuorumErrors.UnknownNonSigner.selector, 128)
        );
    }

    function test_cutCertificateIsRefused() public {
        bytes memory certificate = _cut(_blsCertificate(COUNT, "", DIGEST), 95);
        _refused(certificate, abi.encodeWithSelector(IQuorumErrors.MalformedCertificate.selector, 95));
        _refused("", abi.encodeWithSelector(IQuorumErrors.MalformedCertificate.selector, 0));
    }

    function test_signatureUnderAnotherDomainIsRefused() public {
        uint256 secret = 0;
        for (uint256 i = 0; i < COUNT; ++i) {
            secret = addmod(secret, _secret(i), GROUP_ORDER);
        }
        bytes memory possession = _blsSign(secret, HashToG1.POSSESSION_DOMAIN, DIGEST);
        _refused(possession, abi.encodeWithSelector(IQuorumErrors.InvalidAggregate.selector));
    }

    function test_infinityIsRefused() public {
        _refused(new bytes(96), abi.encodeWithSelector(IQuorumErrors.InvalidAggregate.selector));
        // Two keys that cancel each other: their sum is infinity, and infinity a signature of it.
        uint256[] memory words = _blsKeyWords(_blsMembers(2));
        uint256[6] memory infinity;
        _put(words, 1, infinity);
        _startEpoch(_blsMembers(2), POLICIES, words);
        _refused(new bytes(96), abi.encodeWithSelector(IQuorumErrors.InvalidAggregate.selector));
    }

    function test_membersWithoutAKeyNeverCount() public {
        Member[] memory members = _blsMembers(4);
        uint256[] memory words = _blsKeyWords(_blsMembers(3));
        uint256[] memory padded = new uint256[](words.length + 6);
        for (uint256 i = 0; i < words.length; ++i) {
            padded[i] = words[i];
        }
        _startEpoch(members, POLICIES, padded);
        assertEq(subject.verify(snapshot, DIGEST, _blsCertificate(3, "", DIGEST)), 3, "the three that have one");
        bytes memory certificate = bytes.concat(_blsCertificate(3, "", DIGEST), hex"03");
        _refused(certificate, abi.encodeWithSelector(IQuorumErrors.UnknownNonSigner.selector, 3));
    }

    function test_epochWithoutKeysHasNoQuorum() public {
        _startEpoch(_blsMembers(COUNT), POLICIES);
        bytes memory reason = abi.encodeWithSelector(IQuorumErrors.QuorumNotReached.selector, 0, 6);
        _refused(_blsCertificate(COUNT, "", DIGEST), reason);
        reason = abi.encodeWithSelector(IQuorumErrors.UnknownNonSigner.selector, 0);
        _refused(_blsCertificate(COUNT, hex"00", DIGEST), reason);
    }

    /// @dev Every chain without EIP-2537 answers a call to a precompile with success and no data.
    function test_withoutThePrecompilesNothingIsTaken() public {
        bytes memory certificate = _blsCertificate(COUNT, "", DIGEST);
        bytes memory withNonSigner = _blsCertificate(COUNT, hex"00", DIGEST);
        vm.mockCall(address(0x0f), "", "");
        _refused(certificate, abi.encodeWithSelector(Bls12381.PrecompileMissing.selector, 0x0f));
        vm.mockCall(address(0x10), "", "");
        _refused(certificate, abi.encodeWithSelector(HashToG1.HashToCurveUnavailable.selector));
        vm.mockCall(address(0x0d), "", "");
        _refused(withNonSigner, abi.encodeWithSelector(Bls12381.PrecompileMissing.selector, 0x0d));
    }

    /// @dev A certificate passes if and only if its signers have more than two thirds of the weight.
    function testFuzz_passesOnlyAboveTwoThirds(uint256 seed, uint8 missing) public {
        Member[] memory members = _blsMembers(COUNT);
        bytes memory nonSigners;
        uint256 signed = 0;
        uint256 total = 0;
        for (uint256 i = 0; i < COUNT; ++i) {
            members[i].weight = uint96(uint256(keccak256(abi.encode(seed, i))) % 4 + 1);
            total += members[i].weight;
            if ((missing >> i) & 1 == 0) signed += members[i].weight;
            else nonSigners = bytes.concat(nonSigners, bytes1(uint8(i)));
        }
        _startEpoch(members, POLICIES, _blsKeyWords(members));
        bytes memory certificate = _blsCertificate(COUNT, nonSigners, DIGEST);
        if (signed * 3 <= total * 2) {
            vm.expectRevert(abi.encodeWithSelector(IQuorumErrors.QuorumNotReached.selector, signed, total));
        }
        subject.verify(snapshot, DIGEST, certificate);
    }

    /// @dev The first `length` bytes.
    function _cut(bytes memory data, uint256 length) private pure returns (bytes memory head) {
        head = new bytes(length);
        for (uint256 i = 0; i < length; ++i) {
            head[i] = data[i];
        }
    }

    /// @dev Expects the verifier to refuse `certificate` for `reason`.
    function _refused(bytes memory certificate, bytes memory reason) private {
        vm.expectRevert(reason);
        subject.verify(snapshot, DIGEST, certificate);
    }
}
