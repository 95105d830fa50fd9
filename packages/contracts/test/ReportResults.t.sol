// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ReportResults, Result, Verdict} from "@assay/hub-interface/solidity/ReportResults.sol";
import {AssayTest} from "./Assay.sol";

/// @notice Gives the library's functions an outside, so that results come as calldata.
contract ReportResultsReader {
    /// @notice See ReportResults.count.
    function count(bytes calldata results) external pure returns (uint256) {
        return ReportResults.count(results);
    }

    /// @notice See ReportResults.resultAt.
    function resultAt(bytes calldata results, uint256 index) external pure returns (Result memory) {
        return ReportResults.resultAt(results, index);
    }

    /// @notice See ReportResults.resultOf.
    function resultOf(bytes calldata results, bytes32 miner) external pure returns (Result memory) {
        return ReportResults.resultOf(results, miner);
    }
}

/// @notice Reading packed results.
contract ReportResultsTest is AssayTest {
    ReportResultsReader private reader;
    bytes private two;

    function setUp() public {
        reader = new ReportResultsReader();
        two = bytes.concat(
            abi.encodePacked(bytes32("a"), uint8(1), uint16(10_000), uint16(9_876), uint16(0xffff)),
            abi.encodePacked(bytes32("b"), uint8(2), uint16(0), uint16(1), uint16(2))
        );
    }

    function test_readsByPlaceAndByMiner() public view {
        assertEq(reader.count(two), 2, "count");
        assertEq(reader.count(""), 0, "count of none");
        Result memory first = reader.resultAt(two, 0);
        assertEq(first.miner, bytes32("a"), "miner");
        assertTrue(first.verdict == Verdict.Accept, "verdict");
        assertEq(first.checksumScore, 10_000, "checksum score");
        assertEq(first.embeddingScore, 9_876, "embedding score");
        assertEq(first.semanticScore, ReportResults.NO_SCORE, "semantic score");
        Result memory second = reader.resultOf(two, "b");
        assertTrue(second.verdict == Verdict.Reject, "verdict by miner");
        assertEq(second.semanticScore, 2, "semantic score by miner");
    }

    function test_badLengthIsRefused() public {
        vm.expectRevert(abi.encodeWithSelector(ReportResults.MalformedResults.selector, 38));
        reader.count(new bytes(38));
    }

    function test_placeOutOfRangeIsRefused() public {
        vm.expectRevert(abi.encodeWithSelector(ReportResults.ResultOutOfRange.selector, 2, 2));
        reader.resultAt(two, 2);
    }

    function test_unknownMinerIsRefused() public {
        vm.expectRevert(abi.encodeWithSelector(ReportResults.UnknownMiner.selector, bytes32("c")));
        reader.resultOf(two, "c");
    }

    function testFuzz_roundTrip(bytes32 miner, uint8 verdict, uint16 checksum, uint16 embedding, uint16 semantic)
        public
    {
        bytes memory results = abi.encodePacked(miner, verdict, checksum, embedding, semantic);
        if (verdict > 2) {
            vm.expectRevert(abi.encodeWithSelector(ReportResults.UnknownVerdict.selector, verdict));
            reader.resultAt(results, 0);
            return;
        }
        if (_isBad(checksum) || _isBad(embedding) || _isBad(semantic)) {
            vm.expectRevert();
            reader.resultAt(results, 0);
            return;
        }
        Result memory result = reader.resultAt(results, 0);
        assertEq(
            keccak256(
                abi.encodePacked(
                    result.miner, uint8(result.verdict), result.checksumScore, result.embeddingScore, result.semanticScore
                )
            ),
            keccak256(results),
            "packed again"
        );
    }

    /// @dev The same with scores and verdicts that are all in range.
    function testFuzz_roundTripOfGoodOnes(bytes32 miner, uint8 verdict, uint16 checksum, uint16 embedding) public {
        testFuzz_roundTrip(miner, verdict % 3, checksum % 10_001, embedding % 10_001, 0xffff);
    }

    /// @dev Whether a score is out of range.
    function _isBad(uint16 score) private pure returns (bool) {
        return score > 10_000 && score != 0xffff;
    }
}
