// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @notice What a report says of a submission. Abstain is a verdict of its own.
enum Verdict {
    Abstain,
    Accept,
    Reject
}

/// @notice A report's result for one submission. Scores are basis points, 0 to 10,000; 0xffff stands for none.
/// @param miner Whose submission it is, in 32 bytes. A miner named by an address (0x and 40 digits in lower case) is the
/// address itself, padded with zeros from the left: bytes32(uint256(uint160(account))). Any other name is its hash:
/// keccak256(bytes(name)).
/// @param verdict What the policy makes of the scores.
/// @param checksumScore Whether the content is what was committed to.
/// @param embeddingScore How close the content is to the other submissions.
/// @param semanticScore How well the content answers the prompt.
struct Result {
    bytes32 miner;
    Verdict verdict;
    uint16 checksumScore;
    uint16 embeddingScore;
    uint16 semanticScore;
}

/// @title ReportResults
/// @notice Reads the `results` of a report: 39 bytes per submission, which are miner (32), verdict (1) and the
/// checksum, embedding and semantic scores (2 each, big-endian).
library ReportResults {
    /// @notice Length of one result.
    uint256 internal constant RESULT_LENGTH = 39;

    /// @notice The highest score.
    uint16 internal constant MAX_SCORE = 10_000;

    /// @notice Stands for: the role has no score for the submission.
    uint16 internal constant NO_SCORE = 0xffff;

    /// @notice The results' length is not a multiple of 39.
    error MalformedResults(uint256 length);

    /// @notice There are fewer results than that.
    error ResultOutOfRange(uint256 index, uint256 count);

    /// @notice The byte stands for no verdict.
    error UnknownVerdict(uint8 verdict);

    /// @notice The score is above 10,000 and is not 0xffff.
    error ScoreOutOfRange(uint16 score);

    /// @notice The report has no result for this miner.
    error UnknownMiner(bytes32 miner);

    /// @notice How many submissions the report judges.
    function count(bytes calldata results) internal pure returns (uint256) {
        if (results.length % RESULT_LENGTH != 0) revert MalformedResults(results.length);
        return results.length / RESULT_LENGTH;
    }

    /// @notice The result at place `index`.
    function resultAt(bytes calldata results, uint256 index) internal pure returns (Result memory) {
        uint256 total = count(results);
        if (index >= total) revert ResultOutOfRange(index, total);
        bytes calldata packed = results[index * RESULT_LENGTH:(index + 1) * RESULT_LENGTH];
        return Result({
            miner: bytes32(packed[:32]),
            verdict: _verdict(uint8(packed[32])),
            checksumScore: _score(packed[33:35]),
            embeddingScore: _score(packed[35:37]),
            semanticScore: _score(packed[37:39])
        });
    }

    /// @notice The first result for `miner`.
    function resultOf(bytes calldata results, bytes32 miner) internal pure returns (Result memory) {
        uint256 total = count(results);
        for (uint256 i = 0; i < total; ++i) {
            if (bytes32(results[i * RESULT_LENGTH:]) == miner) return resultAt(results, i);
        }
        revert UnknownMiner(miner);
    }

    /// @dev The verdict that a byte stands for.
    function _verdict(uint8 value) private pure returns (Verdict) {
        if (value > uint8(type(Verdict).max)) revert UnknownVerdict(value);
        return Verdict(value);
    }

    /// @dev The score that two bytes stand for.
    function _score(bytes calldata value) private pure returns (uint16 score) {
        // Two bytes.
        // forge-lint: disable-next-line(unsafe-typecast)
        score = uint16(bytes2(value));
        if (score > MAX_SCORE && score != NO_SCORE) revert ScoreOutOfRange(score);
    }
}
