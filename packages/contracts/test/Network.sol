// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AssayHub} from "../solidity/AssayHub.sol";
import {BlsKeyRegistry} from "../solidity/BlsKeyRegistry.sol";
import {BlsQuorumVerifier} from "../solidity/BlsQuorumVerifier.sol";
import {EcdsaQuorumVerifier} from "../solidity/EcdsaQuorumVerifier.sol";
import {HashToG1} from "../solidity/HashToG1.sol";
import {IQuorumVerifier} from "../solidity/IQuorumVerifier.sol";
import {Slashing} from "../solidity/Slashing.sol";
import {StakeToken} from "../solidity/StakeToken.sol";
import {ValidatorRegistry} from "../solidity/ValidatorRegistry.sol";
import {BlsMembers} from "./BlsMembers.sol";

/// @notice All contracts of a network as they are deployed, with this contract as admin and as owner of operators.
abstract contract NetworkTest is BlsMembers {
    uint32 internal constant EPOCH = 1_000;
    uint32 internal constant UNBONDING = 5_000;
    uint32 internal constant DISPUTE = 300;
    uint96 internal constant MINIMUM = 100;
    address internal constant ARBITER = address(0xa2b1);
    address internal constant TREASURY = address(0x72ea5);

    StakeToken internal token;
    BlsKeyRegistry internal blsKeys;
    ValidatorRegistry internal registry;
    Slashing internal slashing;

    /// @dev Deploys everything; the certificate scheme is `verifier_`'s.
    function _deployNetwork(IQuorumVerifier verifier_) internal {
        token = new StakeToken(address(this), 1_000_000_000);
        blsKeys = new BlsKeyRegistry();
        uint256 nonce = vm.getNonce(address(this));
        ValidatorRegistry.Settings memory settings = _settings();
        settings.hub = AssayHub(vm.computeCreateAddress(address(this), nonce + 1));
        settings.slasher = vm.computeCreateAddress(address(this), nonce + 2);
        registry = new ValidatorRegistry(address(this), settings, POLICIES);
        hub = new AssayHub(address(registry), verifier_);
        slashing = new Slashing(hub, registry, Slashing.Settings(1_000, 3_000, DISPUTE, ARBITER, TREASURY));
        assertEq(address(slashing), registry.slasher(), "address of the slasher");
        token.approve(address(registry), type(uint256).max);
    }

    /// @dev A network with the certificates of `_signsWithBls`.
    function _deployNetwork() internal {
        vm.warp(START);
        _deployNetwork(_signsWithBls() ? IQuorumVerifier(new BlsQuorumVerifier()) : new EcdsaQuorumVerifier());
    }

    /// @dev Whether operators register BLS keys and cosign with them. The same tests run with both: contracts that only
    /// override this would cost a third more of compiling.
    function _signsWithBls() internal view returns (bool) {
        return vm.envOr("ASSAY_TEST_BLS", false);
    }

    /// @dev What the tests' registry is deployed with; hub and slasher are still missing.
    function _settings() internal view returns (ValidatorRegistry.Settings memory settings) {
        settings.stakeToken = token;
        settings.minimumStake = MINIMUM;
        settings.epochSeconds = EPOCH;
        settings.graceSeconds = GRACE;
        settings.unbondingSeconds = UNBONDING;
        settings.blsKeys = blsKeys;
    }

    /// @dev Lists an operator and stakes for it.
    function _join(uint256 key, uint96 stake) internal {
        address[] memory one = new address[](1);
        one[0] = vm.addr(key);
        registry.list(one, true);
        registry.join(one[0], stake, _consent(key, address(this)));
        if (_signsWithBls()) _setBlsKey(key, _blsSecretOf(key));
    }

    /// @dev The BLS key of the operator with this key.
    function _blsSecretOf(uint256 key) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode("bls of", key))) % GROUP_ORDER;
    }

    /// @dev A certificate by all members, whose keys these are.
    function _certified(uint256[] memory keys, bytes32 digest) internal view returns (bytes memory) {
        if (!_signsWithBls()) return _certificate(keys, digest);
        uint256 secret = 0;
        for (uint256 i = 0; i < keys.length; ++i) {
            secret = addmod(secret, _blsSecretOf(keys[i]), GROUP_ORDER);
        }
        return _blsSign(secret, HashToG1.SIGNATURE_DOMAIN, digest);
    }

    /// @dev An operator's consent to join under `owner`.
    function _consent(uint256 key, address owner) internal view returns (bytes memory) {
        return _signature(key, registry.joinDigest(vm.addr(key), owner));
    }

    /// @dev Registers the BLS key of `secret` for an operator.
    function _setBlsKey(uint256 key, uint256 secret) internal {
        bytes memory packed = _packedKey(secret);
        bytes32 digest = blsKeys.keyDigest(vm.addr(key), packed);
        bytes memory possession = _blsSign(secret, HashToG1.POSSESSION_DOMAIN, digest);
        blsKeys.setKey(vm.addr(key), packed, possession, _signature(key, digest));
    }

    /// @dev Starts the next epoch as soon as that is allowed.
    function _nextEpoch() internal returns (uint64) {
        uint64 running = registry.currentEpoch();
        if (running > 0) vm.warp(registry.startedAt(running) + EPOCH);
        return registry.startEpoch();
    }
}
