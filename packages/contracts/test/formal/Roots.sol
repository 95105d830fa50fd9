// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AssayHub} from "../../solidity/AssayHub.sol";
import {ChosenVerifier} from "./ChosenVerifier.sol";
import {Formal} from "./Formal.sol";

/// @notice What no call changes, whatever has happened before: the hub's storage is anything at all at first, so what
/// holds over one call holds over any number of them.
contract RootProperties is Formal {
    AssayHub private hub;
    ChosenVerifier private verifier;

    function setUp() public {
        verifier = new ChosenVerifier();
        hub = new AssayHub(svm.createAddress("registry"), verifier);
        svm.enableSymbolicStorage(address(hub));
    }

    /// @notice A root that is in stays, whoever calls whatever, and even if every certificate were good.
    function check_root_isNeverOverwritten() public {
        verifier.takeAll();
        uint64 epoch = uint64(svm.createUint(64, "epoch"));
        uint64 sequence = uint64(svm.createUint(64, "sequence"));
        bytes32 before = hub.rootOf(epoch, sequence);
        vm.assume(before != 0);
        _anyCall();
        assert(hub.rootOf(epoch, sequence) == before);
    }

    /// @notice The report that a task was settled with stays.
    function check_root_settledReportStays() public {
        verifier.takeAll();
        bytes32 task = svm.createBytes32("task");
        bytes32 before = hub.settledLeaf(task);
        vm.assume(before != 0);
        _anyCall();
        assert(hub.settledLeaf(task) == before);
    }

    /// @notice No root comes in that the verifier has not taken.
    function check_quorum_noRootPastTheVerifier() public {
        uint64 epoch = uint64(svm.createUint(64, "epoch"));
        uint64 sequence = uint64(svm.createUint(64, "sequence"));
        bytes32 before = hub.rootOf(epoch, sequence);
        _anyCall();
        assert(hub.rootOf(epoch, sequence) == before);
    }

    /// @dev Any account calls any function that changes anything, with any arguments.
    function _anyCall() private {
        address sender = svm.createAddress("sender");
        bytes memory data = svm.createCalldata("AssayHub");
        vm.prank(sender);
        (bool done,) = address(hub).call(data);
        done;
    }
}
