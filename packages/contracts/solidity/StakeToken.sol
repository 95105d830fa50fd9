// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title StakeToken
/// @notice A plain ERC-20 of fixed supply, for networks that have no token of their own to stake.
contract StakeToken is ERC20 {
    /// @param holder Who gets the whole supply.
    /// @param supply How much there is.
    constructor(address holder, uint256 supply) ERC20("Assay stake", "ASSAY") {
        _mint(holder, supply);
    }
}
