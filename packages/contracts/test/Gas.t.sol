// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {AssayHub} from "../solidity/AssayHub.sol";
import {BlsQuorumVerifier} from "../solidity/BlsQuorumVerifier.sol";
import {BlsMembers} from "./BlsMembers.sol";

/// @notice What posting costs as a whole transaction: intrinsic cost, calldata, checks and one batch stored. These
/// are the figures in .gas-snapshot, so nothing here may depend on chance. Every post of an epoch costs the same.
contract GasTest is BlsMembers {
    uint256 private constant LIMIT_ECDSA_8_OF_11 = 94_000;
    uint256 private constant LIMIT_BLS = 180_000;
    uint256 private constant LIMIT_NON_SIGNER = 2_400;
    uint256 private constant LIMIT_INCLUSION = 10_000;
    uint64 private constant SEQUENCE = 5;

    /// @notice Gas of one transaction.
    event Cost(uint256 gas);

    AssayHub private ecdsaHub;
    AssayHub private ecdsaHubOf128;
    AssayHub private blsHub;
    bytes private ecdsa3Of4;
    bytes private ecdsa8Of11;
    bytes private ecdsa11;
    bytes private ecdsa86Of128;
    bytes private bls128;
    bytes private bls128Without10;
    AssayHub.Report private report;
    bytes32[] private proof;

    function setUp() public {
        _deploy();
        ecdsaHub = hub;
        uint256[] memory keys = _keys(11);
        _startEpoch(_members(_first(keys, 4), 1), POLICIES);
        ecdsa3Of4 = _certificate(_first(keys, 3), hub.cosignatureDigest(1, SEQUENCE, ROOT, 256));
        _startEpoch(_members(keys, 1), POLICIES);
        ecdsa8Of11 = _certificate(_first(keys, 8), hub.cosignatureDigest(2, SEQUENCE, ROOT, 256));
        ecdsa11 = _certificate(keys, hub.cosignatureDigest(2, SEQUENCE, ROOT, 256));
        _postReport(keys);
        ecdsaHubOf128 = hub = new AssayHub(address(this), verifier);
        runningEpoch = 0;
        keys = _keys(128);
        _startEpoch(_members(keys, 1), POLICIES);
        ecdsa86Of128 = _certificate(_first(keys, 86), hub.cosignatureDigest(1, SEQUENCE, ROOT, 256));

        hub = new AssayHub(address(this), new BlsQuorumVerifier());
        blsHub = hub;
        runningEpoch = 0;
        _startEpoch(_blsMembers(128), POLICIES, _blsKeyWords(_blsMembers(128)));
        bytes32 digest = hub.cosignatureDigest(1, SEQUENCE, ROOT, 256);
        bls128 = _blsCertificate(128, "", digest);
        bls128Without10 = _blsCertificate(128, hex"00010203040506070809", digest);
    }

    function test_postWith3Of4EcdsaSigners() public {
        ecdsaHub.post(1, SEQUENCE, ROOT, 256, ecdsa3Of4);
        _cost();
    }

    function test_postWith8Of11EcdsaSigners() public {
        ecdsaHub.post(2, SEQUENCE, ROOT, 256, ecdsa8Of11);
        assertTrue(_cost() <= LIMIT_ECDSA_8_OF_11, "posting costs more than 94,000 gas at 8 of 11 ECDSA signers");
    }

    function test_postWith11EcdsaSigners() public {
        ecdsaHub.post(2, SEQUENCE, ROOT, 256, ecdsa11);
        _cost();
    }

    function test_postWith86Of128EcdsaSigners() public {
        ecdsaHubOf128.post(1, SEQUENCE, ROOT, 256, ecdsa86Of128);
        _cost();
    }

    function test_postWith128BlsSigners() public {
        blsHub.post(1, SEQUENCE, ROOT, 256, bls128);
        assertTrue(_cost() <= LIMIT_BLS, "posting costs more than 180,000 gas at 128 BLS signers");
    }

    function test_postWith118Of128BlsSigners() public {
        blsHub.post(1, SEQUENCE, ROOT, 256, bls128Without10);
        assertTrue(_cost() <= LIMIT_BLS + 10 * LIMIT_NON_SIGNER, "a non-signer costs more than 2,400 gas");
    }

    /// @dev The call alone: what a contract pays that asks about a report among 1,024.
    function test_verifyReportAmong1024() public {
        assertTrue(ecdsaHub.verifyReport(2, 9, report, proof), "the report is in its batch");
        assertTrue(_cost() <= LIMIT_INCLUSION, "proving a report costs more than 10,000 gas");
    }

    /// @dev Posts a batch of 1,024 reports, as far as one of them and its way to the root are concerned.
    function _postReport(uint256[] memory keys) private {
        bytes memory results;
        for (uint256 i = 0; i < 2; ++i) {
            results = bytes.concat(results, bytes32(i + 1), hex"01271026ac2328");
        }
        report = AssayHub.Report(keccak256("task"), keccak256("policy"), results);
        for (uint256 i = 0; i < 10; ++i) {
            proof.push(keccak256(abi.encode("sibling", i)));
        }
        bytes32 root = MerkleProof.processProof(proof, hub.reportLeaf(report));
        hub.post(2, 9, root, 1024, _certificate(keys, hub.cosignatureDigest(2, 9, root, 1024)));
    }

    /// @dev Gas of the last call, which was a transaction of its own.
    function _cost() private returns (uint256 cost) {
        cost = vm.lastCallGas().gasTotalUsed;
        emit Cost(cost);
    }
}
