// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title IValidationRegistry
/// @notice What a validator uses of the Validation Registry of ERC-8004, by the draft of 2026-01-25
/// (github.com/ethereum/ERCs, commit 503591a6e). The draft says that this registry is still under discussion.
interface IValidationRegistry {
    /// @notice The owner or operator of an agent asks a validator for its word.
    event ValidationRequest(
        address indexed validatorAddress, uint256 indexed agentId, string requestURI, bytes32 indexed requestHash
    );

    /// @notice A validator has answered.
    event ValidationResponse(
        address indexed validatorAddress,
        uint256 indexed agentId,
        bytes32 indexed requestHash,
        uint8 response,
        string responseURI,
        bytes32 responseHash,
        string tag
    );

    /// @notice The registry of agents.
    function getIdentityRegistry() external view returns (address identityRegistry);

    /// @notice Asks a validator. For the owner or an operator of the agent.
    function validationRequest(
        address validatorAddress,
        uint256 agentId,
        string calldata requestURI,
        bytes32 requestHash
    ) external;

    /// @notice Answers a request: 0 for failed to 100 for passed. For the validator that was asked.
    function validationResponse(
        bytes32 requestHash,
        uint8 response,
        string calldata responseURI,
        bytes32 responseHash,
        string calldata tag
    ) external;

    /// @notice A request and the last answer to it.
    function getValidationStatus(bytes32 requestHash)
        external
        view
        returns (
            address validatorAddress,
            uint256 agentId,
            uint8 response,
            bytes32 responseHash,
            string memory tag,
            uint256 lastUpdate
        );
}

/// @title IIdentityRegistry
/// @notice What the adapter uses of the Identity Registry of ERC-8004, by the same draft.
interface IIdentityRegistry {
    /// @notice Who owns the agent (ERC-721).
    function ownerOf(uint256 agentId) external view returns (address);

    /// @notice The agent's own account; zero when none is set.
    function getAgentWallet(uint256 agentId) external view returns (address);
}
