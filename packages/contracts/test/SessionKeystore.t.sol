// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SessionKeystore} from "../solidity/SessionKeystore.sol";
import {AssayTest} from "./Assay.sol";

/// @notice The keystore: each address has its own key and nobody else's.
contract SessionKeystoreTest is AssayTest {
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
}
