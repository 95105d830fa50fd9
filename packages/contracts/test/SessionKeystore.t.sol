// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SessionKeystore} from "../solidity/SessionKeystore.sol";
import {AssayTest} from "./Assay.sol";

/// @notice The keystore: each address has its own key and nobody else's.
contract SessionKeystoreTest is AssayTest {
    bytes32 private constant ID = "session";
    bytes32 private constant TRANSCRIPT = "transcript";
    address private constant USER = address(0xA1);
    address private constant MINER = address(0xB2);

    SessionKeystore private keystore;

    function setUp() public {
        keystore = new SessionKeystore();
    }

    function test_setRotateRevokeSetAgain() public {
        _holds(address(this), 0, 0);
        vm.expectEmit(true, false, false, true, address(keystore));
        emit SessionKeystore.AgreementKeySet(address(this), 1, bytes32("first"));
        keystore.setAgreementKey("first");
        _holds(address(this), "first", 1);
        keystore.setAgreementKey("second");
        _holds(address(this), "second", 2);
        vm.expectEmit(true, false, false, true, address(keystore));
        emit SessionKeystore.AgreementKeyRevoked(address(this), 3);
        keystore.revokeAgreementKey();
        _holds(address(this), 0, 3);
        keystore.setAgreementKey("third");
        _holds(address(this), "third", 4);
    }

    function test_zeroKeyIsRefused() public {
        vm.expectRevert(abi.encodeWithSelector(SessionKeystore.ZeroAgreementKey.selector));
        keystore.setAgreementKey(0);
    }

    function test_nothingToRevoke() public {
        bytes memory reason = abi.encodeWithSelector(SessionKeystore.NoAgreementKey.selector, address(this));
        vm.expectRevert(reason);
        keystore.revokeAgreementKey();
        keystore.setAgreementKey("key");
        keystore.revokeAgreementKey();
        vm.expectRevert(reason);
        keystore.revokeAgreementKey();
    }

    function testFuzz_keysAreSeparate(address other, bytes32 mine, bytes32 theirs) public {
        vm.assume(other != address(this) && mine != 0 && theirs != 0);
        keystore.setAgreementKey(mine);
        vm.prank(other);
        keystore.setAgreementKey(theirs);
        _holds(address(this), mine, 1);
        _holds(other, theirs, 1);
        keystore.revokeAgreementKey();
        _holds(other, theirs, 1);
    }

    /// @dev Expects the keystore to hold just this for `participant`.
    function _holds(address participant, bytes32 publicKey, uint64 version) private view {
        (bytes32 actualKey, uint64 actualVersion) = keystore.agreementKeyOf(participant);
        assertEq(actualKey, publicKey, "agreement key");
        assertEq(actualVersion, version, "version");
    }

    function test_recordOfASession() public {
        keystore.setAgreementKey("key");
        vm.expectEmit(true, true, false, true, address(keystore));
        emit SessionKeystore.SessionProposed(address(this), ID, SessionKeystore.Method.Combined, USER, MINER);
        keystore.proposeSession(ID, SessionKeystore.Method.Combined, USER, MINER);
        _isIn(SessionKeystore.State.Proposed, 0, 0);
        vm.expectEmit(true, true, false, true, address(keystore));
        emit SessionKeystore.SessionEstablished(
            address(this), ID, SessionKeystore.Method.Combined, USER, MINER, TRANSCRIPT
        );
        keystore.establishSession(ID, SessionKeystore.Method.Combined, USER, MINER, TRANSCRIPT);
        _isIn(SessionKeystore.State.Established, 0, TRANSCRIPT);
        vm.expectEmit(true, true, false, true, address(keystore));
        emit SessionKeystore.SessionRekeyed(address(this), ID, 3);
        keystore.rekeySession(ID, 3);
        _isIn(SessionKeystore.State.Rekeyed, 3, TRANSCRIPT);
        vm.expectEmit(true, true, false, true, address(keystore));
        emit SessionKeystore.SessionClosed(address(this), ID);
        keystore.closeSession(ID);
        _isIn(SessionKeystore.State.Closed, 3, TRANSCRIPT);
    }

    function testFuzz_onlyTheRegisteredTranscriptIsOne(bytes32 other) public {
        vm.assume(other != TRANSCRIPT);
        assertTrue(!keystore.isTranscriptOf(address(this), ID, 0), "no session has the transcript zero");
        _establish();
        assertTrue(keystore.isTranscriptOf(address(this), ID, TRANSCRIPT), "the registered transcript");
        assertTrue(!keystore.isTranscriptOf(address(this), ID, other), "another transcript");
        assertTrue(!keystore.isTranscriptOf(USER, ID, TRANSCRIPT), "another oracle");
    }

    function testFuzz_onlyTheOracleOfASessionWritesItsRecord(address other) public {
        vm.assume(other != address(this) && other != USER && other != MINER);
        _establish();
        vm.prank(other);
        vm.expectRevert(_wrongState(SessionKeystore.State.None));
        keystore.closeSession(ID);
        vm.prank(other);
        vm.expectRevert(_wrongState(SessionKeystore.State.None));
        keystore.rekeySession(ID, 1);
        vm.prank(other);
        keystore.setAgreementKey("other");
        vm.prank(other);
        keystore.establishSession(ID, SessionKeystore.Method.Combined, USER, MINER, "other");
        _isIn(SessionKeystore.State.Established, 0, TRANSCRIPT);
    }

    function test_statesFollowEachOther() public {
        vm.expectRevert(abi.encodeWithSelector(SessionKeystore.NoAgreementKey.selector, address(this)));
        keystore.proposeSession(ID, SessionKeystore.Method.Combined, USER, MINER);
        _establish();
        vm.expectRevert(_wrongState(SessionKeystore.State.Established));
        keystore.proposeSession(ID, SessionKeystore.Method.Combined, USER, MINER);
        vm.expectRevert(_wrongState(SessionKeystore.State.Established));
        keystore.establishSession(ID, SessionKeystore.Method.Coordinator, USER, MINER, "another");
        keystore.rekeySession(ID, 2);
        vm.expectRevert(abi.encodeWithSelector(SessionKeystore.WrongSessionEpoch.selector, ID, uint32(2)));
        keystore.rekeySession(ID, 2);
        keystore.closeSession(ID);
        vm.expectRevert(_wrongState(SessionKeystore.State.Closed));
        keystore.closeSession(ID);
        vm.expectRevert(_wrongState(SessionKeystore.State.Closed));
        keystore.rekeySession(ID, 3);
        vm.expectRevert(_wrongState(SessionKeystore.State.Closed));
        keystore.establishSession(ID, SessionKeystore.Method.Coordinator, USER, MINER, TRANSCRIPT);
    }

    function test_malformedSessionsAreRefused() public {
        keystore.setAgreementKey("key");
        address[2][5] memory pairs =
            [[address(0), MINER], [USER, address(0)], [USER, USER], [address(this), MINER], [USER, address(this)]];
        for (uint256 i; i < pairs.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(SessionKeystore.MalformedSession.selector));
            keystore.proposeSession(ID, SessionKeystore.Method.Combined, pairs[i][0], pairs[i][1]);
        }
        vm.expectRevert(abi.encodeWithSelector(SessionKeystore.MalformedSession.selector));
        keystore.proposeSession(ID, SessionKeystore.Method.None, USER, MINER);
        vm.expectRevert(abi.encodeWithSelector(SessionKeystore.MalformedSession.selector));
        keystore.establishSession(ID, SessionKeystore.Method.Combined, USER, MINER, 0);
        keystore.proposeSession(ID, SessionKeystore.Method.Combined, USER, MINER);
        vm.expectRevert(abi.encodeWithSelector(SessionKeystore.MalformedSession.selector));
        keystore.establishSession(ID, SessionKeystore.Method.Combined, MINER, USER, TRANSCRIPT);
        vm.expectRevert(abi.encodeWithSelector(SessionKeystore.MalformedSession.selector));
        keystore.establishSession(ID, SessionKeystore.Method.Coordinator, USER, MINER, TRANSCRIPT);
    }

    function _establish() private {
        keystore.setAgreementKey("key");
        keystore.establishSession(ID, SessionKeystore.Method.Coordinator, USER, MINER, TRANSCRIPT);
    }

    function _wrongState(SessionKeystore.State state) private pure returns (bytes memory) {
        return abi.encodeWithSelector(SessionKeystore.WrongSessionState.selector, ID, state);
    }

    function _isIn(SessionKeystore.State state, uint32 epoch, bytes32 transcript) private view {
        SessionKeystore.Session memory session = keystore.sessionOf(address(this), ID);
        assertEq(uint256(session.state), uint256(state), "state");
        assertEq(uint256(session.epoch), uint256(epoch), "epoch");
        assertEq(session.transcriptHash, transcript, "transcript");
        assertTrue(session.user == USER && session.miner == MINER, "participants");
    }
}
