// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AssayTest} from "./Assay.sol";

/// @notice What posting costs as a whole transaction: intrinsic cost, calldata, checks and one batch stored. These
/// are the figures in .gas-snapshot, so nothing here may depend on chance. In a running epoch three posts of four
/// find a slot for their receipt open ("next"); the fourth opens one ("opening"). The limit is on the mean of the four.
contract GasTest is AssayTest {
    /// @dev The most that posting may cost on the average with 11 signers.
    uint256 private constant LIMIT_AT_11_SIGNERS = 130_000;

    /// @notice Gas of one posting transaction.
    event Cost(uint256 gas);

    uint256[] private keys;
    bytes private nextAt4;
    bytes private openingAt4;
    bytes private nextAt11;
    bytes private openingAt11;

    function setUp() public {
        _deploy();
        keys = _keys(11);
        registry.startEpoch(_members(_first(keys, 4), 1), POLICIES);
        registry.startEpoch(_members(keys, 1), POLICIES);
        for (uint64 sequence = 1; sequence < 6; ++sequence) {
            hub.post(1, sequence, ROOT, 256, _certificateFor(1, 4, sequence));
            hub.post(2, sequence, ROOT, 256, _certificateFor(2, 11, sequence));
        }
        nextAt4 = _certificateFor(1, 4, 6);
        openingAt4 = _certificateFor(1, 4, 8);
        nextAt11 = _certificateFor(2, 11, 6);
        openingAt11 = _certificateFor(2, 11, 8);
    }

    function test_postNextWith4Signers() public {
        _post(1, 6, nextAt4);
    }

    function test_postOpeningWith4Signers() public {
        _post(1, 8, openingAt4);
    }

    function test_postNextWith11Signers() public {
        _post(2, 6, nextAt11);
    }

    function test_postOpeningWith11Signers() public {
        _post(2, 8, openingAt11);
    }

    function test_postMeanWith11SignersIsWithinLimit() public {
        uint256 opening = _post(2, 8, openingAt11);
        uint256 next = _post(2, 6, nextAt11);
        assertTrue(3 * next + opening <= 4 * LIMIT_AT_11_SIGNERS, "posting costs more than 130,000 gas at 11 signers");
    }

    /// @dev Posts in a transaction of its own and tells what it cost.
    function _post(uint64 epoch, uint64 sequence, bytes memory certificate) private returns (uint256 cost) {
        hub.post(epoch, sequence, ROOT, 256, certificate);
        cost = vm.lastCallGas().gasTotalUsed;
        emit Cost(cost);
    }

    /// @dev A certificate by the first `signers` operators.
    function _certificateFor(uint64 epoch, uint256 signers, uint64 sequence) private view returns (bytes memory) {
        return _certificate(_first(keys, signers), hub.cosignatureDigest(epoch, sequence, ROOT, 256));
    }
}
