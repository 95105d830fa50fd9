// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AssayHub} from "../solidity/AssayHub.sol";
import {Member} from "../solidity/Member.sol";
import {ReportResults, Result, Verdict} from "@assay/hub-interface/solidity/ReportResults.sol";
import {AssayTest} from "./Assay.sol";

/// @notice The contracts come to the digests that test/vectors/certificate.json states, which TypeScript computed.
contract CertificateVectorTest is AssayTest {
    string private json;

    function setUp() public {
        json = vm.readFile("../../test/vectors/certificate.json");
        _deploy();
        vm.chainId(vm.parseJsonUint(json, ".chainId"));
        hub = AssayHub(_hubAt(vm.parseJsonAddress(json, ".hub")));
        _startEpoch(_vectorMembers(), _word(".policiesDigest"));
    }

    function test_digests() public view {
        assertEq(keccak256(abi.encode(_vectorMembers())), _word(".setDigest"), "set digest");
        assertEq(hub.configDigest(1), _word(".configDigest"), "config digest");
        assertEq(_cosignatureDigest(), _word(".cosignatureDigest"), "cosignature digest");
        (, string memory name, string memory version, uint256 chain, address target,,) = hub.eip712Domain();
        bytes32 typeHash =
            keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
        bytes32 separator =
            keccak256(abi.encode(typeHash, keccak256(bytes(name)), keccak256(bytes(version)), chain, target));
        assertEq(separator, _word(".domainSeparator"), "domain separator");
    }

    function test_signaturesAreTheSame() public view {
        uint256[] memory keys = vm.parseJsonUintArray(json, ".privateKeys");
        assertEq(
            keccak256(_certificate(keys, _cosignatureDigest())),
            keccak256(vm.parseJsonBytes(json, ".certificate")),
            "certificate"
        );
    }

    function test_postAndProveEveryReport() public {
        _post(vm.parseJsonBytes(json, ".certificate"));
        assertEq(hub.rootOf(1, 7), _word(".root"), "root");
        string[3] memory paths = [".reports[0]", ".reports[1]", ".reports[2]"];
        for (uint256 i = 0; i < paths.length; ++i) {
            AssayHub.Report memory report = _report(paths[i]);
            assertEq(hub.reportLeaf(report), _word(string.concat(paths[i], ".leaf")), "leaf");
            bytes32[] memory proof = vm.parseJsonBytes32Array(json, string.concat(paths[i], ".proof"));
            assertTrue(hub.verifyReport(1, 7, report, proof), "proof");
            report.taskId = ~report.taskId;
            assertTrue(!hub.verifyReport(1, 7, report, proof), "proof of another report");
        }
    }

    function test_resultsRead() public view {
        Result memory result = this.resultAt(vm.parseJsonBytes(json, ".reports[0].results"), 1);
        assertEq(result.miner, bytes32(uint256(2)), "miner");
        assertTrue(result.verdict == Verdict.Reject, "verdict");
        assertEq(result.checksumScore, 0, "checksum score");
        assertEq(result.embeddingScore, 1_234, "embedding score");
        assertEq(result.semanticScore, ReportResults.NO_SCORE, "semantic score");
    }

    function test_onAnotherChainItIsWorthless() public {
        vm.chainId(1);
        assertTrue(_cosignatureDigest() != _word(".cosignatureDigest"), "the digest is that of another chain");
        bytes memory certificate = vm.parseJsonBytes(json, ".certificate");
        vm.expectRevert();
        this.postAs(certificate);
        assertTrue(!hub.isPosted(1, 7), "posted on another chain");
    }

    function test_fewestSignersAreTaken() public {
        _post(vm.parseJsonBytes(json, ".certificateOfFewest"));
        assertTrue(hub.isPosted(1, 7), "posted");
    }

    /// @dev Certificates that are wrong in one way each, with what the verifier must answer.
    function test_wrongOnesAreRefusedAsTypeScriptRefusesThem() public {
        bytes32 digest = _cosignatureDigest();
        uint256 count = 0;
        for (string memory place = ".refused[0]"; vm.keyExistsJson(json, place); place = _refusedPlace(++count)) {
            bytes memory certificate = vm.parseJsonBytes(json, string.concat(place, ".certificate"));
            vm.expectRevert(vm.parseJsonBytes(json, string.concat(place, ".reason")));
            verifier.verify(snapshot, digest, certificate);
        }
        assertTrue(count > 10, "refused certificates");
    }

    /// @dev Where the refused certificate number `index` is.
    function _refusedPlace(uint256 index) private pure returns (string memory) {
        return string.concat(".refused[", vm.toString(index), "]");
    }

    /// @notice Posts the vector's batch with `certificate`; from outside, so that a test can expect it to revert.
    function postAs(bytes memory certificate) external {
        _post(certificate);
    }

    /// @notice ReportResults.resultAt with the results as calldata.
    function resultAt(bytes calldata results, uint256 index) external pure returns (Result memory) {
        return ReportResults.resultAt(results, index);
    }

    /// @dev Posts the vector's batch.
    function _post(bytes memory certificate) private {
        uint32 count = uint32(vm.parseJsonUint(json, ".count"));
        hub.post(1, uint64(vm.parseJsonUint(json, ".sequence")), _word(".root"), count, certificate);
    }

    /// @dev The hub's digest for the vector's batch.
    function _cosignatureDigest() private view returns (bytes32) {
        uint64 sequence = uint64(vm.parseJsonUint(json, ".sequence"));
        return hub.cosignatureDigest(1, sequence, _word(".root"), uint32(vm.parseJsonUint(json, ".count")));
    }

    /// @dev Runs the hub's constructor at `target`, so that all that depends on its address is right.
    function _hubAt(address target) private returns (address) {
        bytes memory creation = vm.getCode("AssayHub.sol:AssayHub");
        vm.etch(target, bytes.concat(creation, abi.encode(address(this), verifier)));
        (bool done, bytes memory runtime) = target.call("");
        assertTrue(done, "the hub's constructor");
        vm.etch(target, runtime);
        return target;
    }

    /// @dev The vector's validator set.
    function _vectorMembers() private view returns (Member[] memory members) {
        address[] memory operators = vm.parseJsonAddressArray(json, ".operators");
        uint256[] memory weights = vm.parseJsonUintArray(json, ".weights");
        members = new Member[](operators.length);
        for (uint256 i = 0; i < operators.length; ++i) {
            members[i] = Member(operators[i], uint96(weights[i]));
        }
    }

    /// @dev One of the vector's reports.
    function _report(string memory path) private view returns (AssayHub.Report memory) {
        return AssayHub.Report(
            _word(string.concat(path, ".taskId")),
            _word(string.concat(path, ".policyDigest")),
            vm.parseJsonBytes(json, string.concat(path, ".results"))
        );
    }

    /// @dev A 32-byte value of the vector.
    function _word(string memory key) private view returns (bytes32) {
        return vm.parseJsonBytes32(json, key);
    }
}
