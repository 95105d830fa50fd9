// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {BlsKeyRegistry} from "../../solidity/BlsKeyRegistry.sol";
import {CodeStore} from "../../solidity/CodeStore.sol";
import {IEpochListener} from "../../solidity/IEpochListener.sol";
import {StakeToken} from "../../solidity/StakeToken.sol";
import {ValidatorRegistry} from "../../solidity/ValidatorRegistry.sol";
import {Formal} from "./Formal.sol";

/// @notice Where an epoch's weights come from: the registry with a set of two operators and any stakes. This contract
/// stands in for the hub, which is told of the epoch's snapshot.
contract WeightProperties is Formal, IEpochListener {
    uint256 private constant MEMBERS = 2;
    uint256 private constant WORD_SIZES = 2;
    uint256 private constant WORD_FIRST_MEMBER = 12;

    StakeToken private token;
    ValidatorRegistry private registry;
    address private snapshot;

    function setUp() public {
        token = new StakeToken(address(this), type(uint128).max);
        ValidatorRegistry.Settings memory settings;
        settings.stakeToken = token;
        settings.minimumStake = 1;
        settings.epochSeconds = 10;
        settings.graceSeconds = 5;
        settings.unbondingSeconds = 50;
        settings.hub = this;
        settings.slasher = address(this);
        registry = new ValidatorRegistry(address(this), settings, "policies");
        registry.makePermissionless();
        token.approve(address(registry), type(uint256).max);
    }

    /// @inheritdoc IEpochListener
    function epochStarted(uint64, address snapshot_, uint32) external {
        snapshot = snapshot_;
    }

    /// @notice Each member weighs what it has at stake after any slash, nobody else weighs anything, the total is the
    /// sum, and the registry holds at least that much.
    function check_weight_isWhatIsStaked() public {
        address[MEMBERS] memory operators;
        for (uint256 i = 0; i < MEMBERS; ++i) {
            uint256 key = i + 1;
            operators[i] = vm.addr(key);
            (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, registry.joinDigest(operators[i], address(this)));
            uint96 stake = uint96(svm.createUint(96, "stake"));
            registry.join(operators[i], stake, abi.encodePacked(r, s, v));
        }
        registry.startEpoch();

        uint256 members = CodeStore.size(snapshot) - WORD_FIRST_MEMBER;
        uint256[] memory words = CodeStore.read(snapshot, 0, WORD_FIRST_MEMBER + members);
        uint256 sum = 0;
        for (uint256 i = 0; i < members; ++i) {
            address operator = address(uint160(words[WORD_FIRST_MEMBER + i] >> 96));
            uint96 weight = uint96(words[WORD_FIRST_MEMBER + i]);
            assert(operator == operators[0] || operator == operators[1]);
            assert(i == 0 || operator > address(uint160(words[WORD_FIRST_MEMBER + i - 1] >> 96)));
            assert(weight == registry.operatorOf(operator).stake);
            sum += weight;
        }
        assert(words[WORD_SIZES] == (members << 128) + sum);
        assert(sum <= token.balanceOf(address(registry)));
    }
}
