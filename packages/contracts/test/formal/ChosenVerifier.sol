// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IQuorumErrors} from "../../solidity/IQuorumErrors.sol";
import {IQuorumVerifier} from "../../solidity/IQuorumVerifier.sol";

/// @notice A verifier that takes nothing, or one digest under one snapshot, or everything.
contract ChosenVerifier is IQuorumVerifier {
    address private snapshot;
    bytes32 private digest;
    bool private takesAll;
    bool private takesOne;

    /// @notice Takes everything from now on.
    function takeAll() external {
        takesAll = true;
    }

    /// @notice Takes only this from now on.
    function take(address snapshot_, bytes32 digest_) external {
        (takesOne, snapshot, digest) = (true, snapshot_, digest_);
    }

    /// @inheritdoc IQuorumVerifier
    function scheme() external pure returns (string memory) {
        return "chosen";
    }

    /// @inheritdoc IQuorumVerifier
    function verify(address snapshot_, bytes32 digest_, bytes calldata) external view returns (uint256) {
        if (takesAll || (takesOne && snapshot_ == snapshot && digest_ == digest)) return 1;
        revert IQuorumErrors.InvalidAggregate();
    }
}
