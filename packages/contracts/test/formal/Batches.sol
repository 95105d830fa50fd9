// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AssayHub} from "../../solidity/AssayHub.sol";
import {EpochStore} from "../../solidity/EpochStore.sol";
import {Member} from "../../solidity/Member.sol";
import {ChosenVerifier} from "./ChosenVerifier.sol";
import {Formal} from "./Formal.sol";

/// @notice What a certificate is good for: one batch of one epoch of one hub on one chain, while the epoch counts.
contract BatchProperties is Formal {
    uint64 private constant RUNNING = 3;

    AssayHub private hub;
    AssayHub private anotherHub;
    ChosenVerifier private verifier;

    function setUp() public {
        verifier = new ChosenVerifier();
        hub = new AssayHub(address(this), verifier);
        anotherHub = new AssayHub(address(this), verifier);
    }

    /// @notice A certificate that was made for any batch, of this hub or of another, on any chain, lets in that batch
    /// and no other: the epochs may have one set, the same policies and even one snapshot.
    function check_batch_ofNothingElse() public {
        Batch memory made = _anyBatch();
        Batch memory posted = _anyBatch();
        AssayHub home = svm.createBool("ofAnotherHub") ? anotherHub : hub;
        address snapshot = _snapshot(made);
        vm.assume(made.epoch > 0 && posted.epoch > 0);
        home.epochStarted(made.epoch, snapshot, 0);
        vm.chainId(made.chain);
        verifier.take(snapshot, home.cosignatureDigest(made.epoch, made.sequence, made.root, made.count));

        vm.chainId(posted.chain);
        hub.epochStarted(posted.epoch, snapshot, 0);
        if (!_isPosted(posted)) return;
        assert(address(home) == address(hub));
        assert(made.chain == posted.chain);
        assert(made.epoch == posted.epoch);
        assert(made.sequence == posted.sequence);
        assert(made.root == posted.root);
        assert(made.count == posted.count);
    }

    /// @notice What operators sign is what docs/certificates.md says: it holds the set and the policies as well.
    function check_batch_digestIsAsDocumented() public {
        Batch memory batch = _anyBatch();
        batch.hub = address(hub);
        // The hub keeps the domain of the chain that it was deployed on. Halmos computes a hash of known values and does
        // not know that it is one of the hashes of any values, so the two cases are apart.
        uint256 home = block.chainid;
        if (svm.createBool("atHome")) {
            batch.chain = home;
        } else {
            vm.assume(batch.chain != home);
            vm.chainId(batch.chain);
        }
        vm.assume(batch.epoch > 0);
        hub.epochStarted(batch.epoch, _snapshot(batch), 0);
        assert(_digestOf(batch) == hub.cosignatureDigest(batch.epoch, batch.sequence, batch.root, batch.count));
    }

    /// @notice Even a good certificate lets a batch in only in the running epoch, or in the one before it for as long
    /// as the registry has said, and is checked against the snapshot that the registry has named for that epoch.
    function check_batch_ofNoEpochThatIsOver() public {
        Batch memory posted = _anyBatch();
        uint32 until = uint32(svm.createUint(32, "until"));
        uint256 time = svm.createUint(32, "time");
        address[4] memory snapshots;
        for (uint64 epoch = 1; epoch <= RUNNING; ++epoch) {
            snapshots[epoch] = _snapshot(posted);
            hub.epochStarted(epoch, snapshots[epoch], until);
        }
        verifier.takeAll();
        vm.warp(time);
        if (!_isPosted(posted)) return;
        assert(posted.epoch == RUNNING || (posted.epoch == RUNNING - 1 && time < until));
    }

    /// @notice The snapshot of one epoch is not used for another.
    function check_batch_underItsOwnSnapshot() public {
        Batch memory posted = _anyBatch();
        address[3] memory snapshots = [address(0), _snapshot(posted), _snapshot(posted)];
        hub.epochStarted(1, snapshots[1], 0);
        hub.epochStarted(2, snapshots[2], type(uint32).max);
        posted.hub = address(hub);
        posted.chain = block.chainid;
        bool ofFirst = svm.createBool("ofFirst");
        verifier.take(snapshots[ofFirst ? 1 : 2], _digestOf(posted));
        if (!_isPosted(posted)) return;
        assert(posted.epoch == (ofFirst ? 1 : 2));
    }

    /// @notice Nobody but the registry starts an epoch.
    function check_batch_onlyTheRegistryStartsEpochs() public {
        address sender = svm.createAddress("sender");
        vm.assume(sender != address(this));
        uint64 epoch = uint64(svm.createUint(64, "epoch"));
        vm.prank(sender);
        try hub.epochStarted(epoch, address(verifier), 0) {
            assert(false);
        } catch {}
    }

    /// @dev A snapshot with the batch's digests and no members; the chosen verifier needs none.
    function _snapshot(Batch memory batch) private returns (address) {
        return EpochStore.write(new Member[](0), batch.setDigest, batch.policiesDigest, 0, new uint256[](0));
    }

    /// @dev Posts a batch with any certificate, and says whether its root is in.
    function _isPosted(Batch memory batch) private returns (bool) {
        bytes memory certificate = svm.createBytes(32, "certificate");
        (bool done,) = address(hub).call(
            abi.encodeCall(AssayHub.post, (batch.epoch, batch.sequence, batch.root, batch.count, certificate))
        );
        done;
        return hub.rootOf(batch.epoch, batch.sequence) != 0;
    }
}
