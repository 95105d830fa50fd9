// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AssayHub} from "../solidity/AssayHub.sol";
import {BlsQuorumVerifier} from "../solidity/BlsQuorumVerifier.sol";
import {EcdsaQuorumVerifier} from "../solidity/EcdsaQuorumVerifier.sol";
import {HashToG1} from "../solidity/HashToG1.sol";
import {IQuorumVerifier} from "../solidity/IQuorumVerifier.sol";
import {Member} from "../solidity/Member.sol";
import {BlsMembers} from "./BlsMembers.sol";

/// @notice Over both verifiers: whatever a certificate was not made for refuses it, and nothing is posted then. Each
/// case draws a batch and one of the ways in which a certificate can be wrong.
abstract contract CertificateProperties is BlsMembers {
    /// @notice A batch, as it is posted.
    struct Batch {
        uint64 epoch;
        uint64 sequence;
        bytes32 root;
        uint32 count;
    }

    uint256 internal constant MEMBERS = 7;
    uint256 private constant FLAWS = 9;

    /// @dev Another hub of the same registry, on the same chain.
    AssayHub private otherHub;

    /// @dev A certificate of everybody for `digest`.
    function _certified(bytes32 digest) internal view virtual returns (bytes memory);

    /// @dev A certificate of members that are not worth more than two thirds.
    function _tooLittle(bytes32 digest, uint256 dice) internal view virtual returns (bytes memory);

    /// @dev A certificate in which somebody counts twice.
    function _counted2(bytes32 digest, uint256 dice) internal view virtual returns (bytes memory);

    /// @dev A certificate by a key that nobody has registered.
    function _rogue(bytes32 digest, uint256 dice) internal view virtual returns (bytes memory);

    /// @dev Starts two epochs of the same set at two hubs.
    function _start(IQuorumVerifier subject, Member[] memory members, uint256[] memory keyWords) internal {
        vm.warp(START);
        otherHub = new AssayHub(address(this), subject);
        hub = new AssayHub(address(this), subject);
        _startEpoch(members, POLICIES, keyWords);
        otherHub.epochStarted(1, snapshot, uint32(START));
        _startEpoch(members, POLICIES, keyWords);
    }

    /// @dev One case: a good certificate is made wrong in one way, and must be refused.
    function _refuse(uint256 dice) internal {
        Batch memory batch = Batch(1 + uint64(dice >> 8) % 2, uint64(dice >> 16), bytes32(dice | 1), 1 + uint32(dice >> 80) % 1024);
        bytes32 digest = hub.cosignatureDigest(batch.epoch, batch.sequence, batch.root, batch.count);
        bytes memory certificate = _certified(digest);
        uint256 flaw = dice % FLAWS;
        AssayHub target = hub;
        if (flaw == 0) vm.chainId(1 + uint64(dice >> 100) % 30_000);
        if (flaw == 1) (target, batch.epoch) = (otherHub, 1);
        if (flaw == 1) certificate = _certified(hub.cosignatureDigest(1, batch.sequence, batch.root, batch.count));
        if (flaw == 2) batch.epoch = 3 - batch.epoch;
        if (flaw == 3) batch.sequence ^= uint64(1) << uint64(dice >> 100) % 64;
        if (flaw == 4) certificate = _counted2(digest, dice >> 100);
        if (flaw == 5) certificate = _rogue(digest, dice >> 100);
        if (flaw == 6) certificate = _tooLittle(digest, dice >> 100);
        if (flaw == 7) _post(target, batch, certificate);
        if (flaw == 8) certificate = _flipped(certificate, dice >> 100);
        bool isReplay = flaw == 7;
        try target.post{gas: 2_000_000}(batch.epoch, batch.sequence, batch.root, batch.count, certificate) {
            revert("a wrong certificate was taken");
        } catch {
            assertTrue(target.isPosted(batch.epoch, batch.sequence) == isReplay, "what is posted");
        }
    }

    /// @dev Posts a good certificate.
    function _post(AssayHub target, Batch memory batch, bytes memory certificate) private {
        target.post(batch.epoch, batch.sequence, batch.root, batch.count, certificate);
    }

    /// @dev The certificate with one bit the other way.
    function _flipped(bytes memory certificate, uint256 dice) private pure returns (bytes memory) {
        uint256 bit = dice % (certificate.length * 8);
        certificate[bit / 8] ^= bytes1(uint8(1 << (bit % 8)));
        return certificate;
    }
}

/// @notice The properties with ECDSA certificates.
contract EcdsaCertificatePropertiesTest is CertificateProperties {
    uint256[] private keys;

    function setUp() public {
        keys = _keys(MEMBERS);
        _start(new EcdsaQuorumVerifier(), _members(keys, 1), new uint256[](0));
    }

    /// forge-config: default.fuzz.runs = 6000
    /// forge-config: quick.fuzz.runs = 300
    function testFuzz_refusesWhatIsWrong(uint256 dice) public {
        _refuse(dice);
    }

    function _certified(bytes32 digest) internal view override returns (bytes memory) {
        return _certificate(keys, digest);
    }

    function _tooLittle(bytes32 digest, uint256 dice) internal view override returns (bytes memory) {
        return _certificate(_first(keys, 1 + dice % 4), digest);
    }

    function _counted2(bytes32 digest, uint256 dice) internal view override returns (bytes memory) {
        uint256[] memory signers = _first(keys, 5);
        signers[dice % 5] = signers[(dice + 1) % 5];
        bytes memory certificate = _certificate(signers, digest);
        // With the bits of both places the lengths agree, and the one who has signed twice stands at another's place.
        if (dice & 0x100 == 0) certificate[15] = 0x1f;
        return certificate;
    }

    function _rogue(bytes32 digest, uint256 dice) internal view override returns (bytes memory) {
        uint256[] memory signers = _first(keys, MEMBERS);
        signers[dice % MEMBERS] = uint256(keccak256(abi.encode("rogue", dice)));
        return _certificate(signers, digest);
    }
}

/// @notice The properties with BLS certificates.
contract BlsCertificatePropertiesTest is CertificateProperties {
    uint256 private everybody;

    function setUp() public {
        _start(new BlsQuorumVerifier(), _blsMembers(MEMBERS), _blsKeyWords(_blsMembers(MEMBERS)));
        for (uint256 i = 0; i < MEMBERS; ++i) {
            everybody = addmod(everybody, _secret(i), GROUP_ORDER);
        }
    }

    /// forge-config: default.fuzz.runs = 5000
    /// forge-config: quick.fuzz.runs = 300
    function testFuzz_refusesWhatIsWrong(uint256 dice) public {
        _refuse(dice);
    }

    function _certified(bytes32 digest) internal view override returns (bytes memory) {
        return _blsSign(everybody, HashToG1.SIGNATURE_DOMAIN, digest);
    }

    function _tooLittle(bytes32 digest, uint256 dice) internal view override returns (bytes memory nonSigners) {
        for (uint256 i = 0; i < 3 + dice % 4; ++i) {
            nonSigners = bytes.concat(nonSigners, bytes1(uint8(i)));
        }
        return _blsCertificate(MEMBERS, nonSigners, digest);
    }

    /// @dev One member signs twice and another not at all, or a non-signer is subtracted twice.
    function _counted2(bytes32 digest, uint256 dice) internal view override returns (bytes memory) {
        uint256 place = dice % MEMBERS;
        if (dice & 0x100 == 0) {
            bytes memory twice = abi.encodePacked(uint8(place), uint8(place));
            return _blsCertificate(MEMBERS, twice, digest);
        }
        uint256 secret = addmod(everybody, _secret(place), GROUP_ORDER);
        secret = addmod(secret, GROUP_ORDER - _secret((place + 1) % MEMBERS), GROUP_ORDER);
        return _blsSign(secret, HashToG1.SIGNATURE_DOMAIN, digest);
    }

    /// @dev Somebody signs with a key of its own in everybody's place.
    function _rogue(bytes32 digest, uint256 dice) internal view override returns (bytes memory) {
        uint256 secret = uint256(keccak256(abi.encode("rogue", dice))) % GROUP_ORDER;
        if (dice & 1 == 0) secret = addmod(everybody, secret, GROUP_ORDER);
        return _blsSign(secret, HashToG1.SIGNATURE_DOMAIN, digest);
    }
}
