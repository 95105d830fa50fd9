// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AssayHub} from "../solidity/AssayHub.sol";
import {AssayTest} from "./Assay.sol";

/// @notice Posts properly certified batches under few sequences and epochs, so that they collide all the time.
contract BatchPoster is AssayTest {
    uint64 public constant SEQUENCES = 9;

    uint256[] private keys;

    /// @notice The first root posted under an epoch and sequence.
    mapping(uint64 epoch => mapping(uint64 sequence => bytes32 root)) public firstRoot;

    /// @notice How many posts were refused because the sequence was taken.
    uint256 public refusals;

    constructor() {
        _deploy();
        keys = _keys(3);
        _startEpoch(_members(keys, 1), POLICIES);
    }

    /// @notice The hub under test.
    function theHub() external view returns (AssayHub) {
        return hub;
    }

    /// @notice The epoch that runs now.
    function currentEpoch() external view returns (uint64) {
        return runningEpoch;
    }

    /// @notice Posts a batch in the running epoch, or expects it to be refused when the sequence is taken.
    function post(uint64 sequence, bytes32 root, uint32 count) external {
        uint64 epoch = runningEpoch;
        sequence %= SEQUENCES;
        if (root == 0) root = ROOT;
        if (count == 0) count = 1;
        bytes memory certificate = _certificate(keys, hub.cosignatureDigest(epoch, sequence, root, count));
        if (firstRoot[epoch][sequence] != 0) {
            ++refusals;
            vm.expectRevert(abi.encodeWithSelector(AssayHub.BatchKnown.selector, epoch, sequence));
        } else {
            firstRoot[epoch][sequence] = root;
        }
        hub.post(epoch, sequence, root, count, certificate);
    }

    /// @notice Starts another epoch, one time in eight.
    function startEpoch(uint256 dice) external {
        if (dice % 8 == 0) _startEpoch(_members(keys, 1), POLICIES);
    }
}

/// @notice A root is never overwritten, whatever is posted and in whatever order.
contract BatchInvariantTest is AssayTest {
    BatchPoster private poster;

    function setUp() public {
        poster = new BatchPoster();
    }

    /// @notice Tells forge which contract to call at random.
    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(poster);
    }

    function invariant_rootIsNeverOverwritten() public view {
        AssayHub subject = poster.theHub();
        for (uint64 epoch = 1; epoch <= poster.currentEpoch(); ++epoch) {
            for (uint64 sequence = 0; sequence < poster.SEQUENCES(); ++sequence) {
                bytes32 expected = poster.firstRoot(epoch, sequence);
                bytes32 root = subject.rootOf(epoch, sequence);
                assertEq(root, expected, "root of the first batch");
            }
        }
    }
}
