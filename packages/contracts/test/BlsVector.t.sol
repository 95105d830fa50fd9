// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {BlsKeyRegistry} from "../solidity/BlsKeyRegistry.sol";
import {BlsQuorumVerifier} from "../solidity/BlsQuorumVerifier.sol";
import {Equivocation} from "../solidity/Equivocation.sol";
import {EpochStore} from "../solidity/EpochStore.sol";
import {Member} from "../solidity/Member.sol";
import {AssayTest} from "./Assay.sol";

/// @notice The contracts take the keys, proofs and certificates of test/vectors/bls.json, which TypeScript computed,
/// and read the evidence of test/vectors/equivocation.json as it was meant.
contract BlsVectorTest is AssayTest {
    string private json;
    BlsKeyRegistry private blsKeys;

    function setUp() public {
        json = vm.readFile("../../test/vectors/bls.json");
        vm.chainId(vm.parseJsonUint(json, ".chainId"));
        address target = vm.parseJsonAddress(json, ".keyRegistry");
        vm.etch(target, vm.getCode("BlsKeyRegistry.sol:BlsKeyRegistry"));
        (bool done, bytes memory runtime) = target.call("");
        assertTrue(done, "the key registry's constructor");
        vm.etch(target, runtime);
        blsKeys = BlsKeyRegistry(target);
    }

    function test_keysAreTakenAndCertificatesVerified() public {
        Member[] memory members = new Member[](4);
        for (uint256 i = 0; i < members.length; ++i) {
            members[i] = Member(_register(string.concat(".members[", vm.toString(i), "]")), 1);
        }
        address store = EpochStore.write(members, 0, 0, 4, blsKeys.epochKeys(members));
        BlsQuorumVerifier subject = new BlsQuorumVerifier();
        bytes32 digest = vm.parseJsonBytes32(json, ".digest");
        assertEq(subject.verify(store, digest, vm.parseJsonBytes(json, ".certificateOfAll")), 4, "all");
        assertEq(subject.verify(store, digest, vm.parseJsonBytes(json, ".certificateWithoutOne")), 3, "without one");
    }

    function test_evidenceIsReadAsItWasMeant() public {
        json = vm.readFile("../../test/vectors/equivocation.json");
        this.readEvidence(vm.parseJsonBytes(json, ".evidence"));
    }

    /// @notice Reads evidence that comes as calldata.
    function readEvidence(bytes calldata evidence) external view {
        Equivocation.Subject memory subject = Equivocation.subjectOf(evidence);
        assertEq(subject.epoch, vm.parseJsonUint(json, ".epoch"), "epoch");
        assertEq(subject.taskId, vm.parseJsonBytes32(json, ".taskId"), "task");
        assertEq(subject.role, vm.parseJsonUint(json, ".role"), "role");
        assertEq(subject.methodDigest, vm.parseJsonBytes32(json, ".methodDigest"), "method");
        assertEq(Equivocation.ruleOf(evidence), bytes16(vm.parseJsonBytes(json, ".rule")), "rule");
        assertEq(Equivocation.policiesDigestOf(evidence), vm.parseJsonBytes32(json, ".policiesDigest"), "policies");
        for (uint256 i = 0; i < 2; ++i) {
            string memory place = string.concat(".measurements[", vm.toString(i), "]");
            bytes32 expected = keccak256(vm.parseJsonBytes(json, place));
            assertEq(keccak256(Equivocation.measurementsOf(evidence, i)), expected, "measurements");
            assertEq(Equivocation.signatureOf(evidence, i)[64] == bytes1(uint8(i + 1)) ? 1 : 0, 1, "signature");
        }
        Equivocation.check(evidence);
    }

    /// @dev Registers the key of one of the vector's members.
    function _register(string memory place) private returns (address operator) {
        operator = vm.parseJsonAddress(json, string.concat(place, ".operator"));
        bytes memory key = vm.parseJsonBytes(json, string.concat(place, ".key"));
        bytes32 digest = blsKeys.keyDigest(operator, key);
        assertEq(digest, vm.parseJsonBytes32(json, string.concat(place, ".keyDigest")), "key digest");
        bytes memory possession = vm.parseJsonBytes(json, string.concat(place, ".possession"));
        bytes memory consent = _signature(vm.parseJsonUint(json, string.concat(place, ".privateKey")), digest);
        blsKeys.setKey(operator, key, possession, consent);
    }
}
