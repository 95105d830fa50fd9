// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {OperatorStakesTest} from "./OperatorStakes.t.sol";
import {SlashingTest} from "./Slashing.t.sol";
import {ValidatorRegistryTest} from "./ValidatorRegistry.t.sol";

/// @notice Epochs where everybody cosigns with BLS.
contract ValidatorRegistryWithBlsTest is ValidatorRegistryTest {
    function _signsWithBls() internal pure override returns (bool) {
        return true;
    }
}

/// @notice Joining, exits and stakes where everybody cosigns with BLS.
contract OperatorStakesWithBlsTest is OperatorStakesTest {
    function _signsWithBls() internal pure override returns (bool) {
        return true;
    }
}

/// @notice Slashing where everybody cosigns with BLS.
contract SlashingWithBlsTest is SlashingTest {
    function _signsWithBls() internal pure override returns (bool) {
        return true;
    }
}
