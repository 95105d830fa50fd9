// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IIdentityRegistry, IValidationRegistry} from "../IValidationRegistry.sol";

/// @notice As much of the Identity Registry of ERC-8004 as its Validation Registry needs: agents, owners, wallets.
contract MinimalIdentityRegistry is IIdentityRegistry {
    /// @inheritdoc IIdentityRegistry
    mapping(uint256 agentId => address) public ownerOf;

    /// @inheritdoc IIdentityRegistry
    mapping(uint256 agentId => address) public getAgentWallet;

    /// @notice How many agents there are; the last one's number.
    uint256 public agents;

    /// @notice Registers an agent of the caller, whose wallet is at first the owner's address.
    function register() external returns (uint256 agentId) {
        agentId = ++agents;
        ownerOf[agentId] = msg.sender;
        getAgentWallet[agentId] = msg.sender;
    }

    /// @notice Sets another wallet, without the signature that the draft wants from it; zero for none.
    function setWallet(uint256 agentId, address wallet) external {
        require(msg.sender == ownerOf[agentId], "not the owner");
        getAgentWallet[agentId] = wallet;
    }
}

/// @notice The Validation Registry of ERC-8004 by its draft, without summaries, lists and upgrades.
contract MinimalValidationRegistry is IValidationRegistry {
    struct Status {
        address validator;
        uint256 agentId;
        uint8 response;
        bytes32 responseHash;
        string tag;
        uint256 lastUpdate;
    }

    /// @inheritdoc IValidationRegistry
    address public immutable getIdentityRegistry;

    mapping(bytes32 requestHash => Status) private _statuses;

    constructor(address identityRegistry) {
        getIdentityRegistry = identityRegistry;
    }

    /// @inheritdoc IValidationRegistry
    function validationRequest(
        address validatorAddress,
        uint256 agentId,
        string calldata requestURI,
        bytes32 requestHash
    ) external {
        require(msg.sender == IIdentityRegistry(getIdentityRegistry).ownerOf(agentId), "not the owner");
        require(validatorAddress != address(0) && _statuses[requestHash].validator == address(0), "known request");
        _statuses[requestHash].validator = validatorAddress;
        _statuses[requestHash].agentId = agentId;
        emit ValidationRequest(validatorAddress, agentId, requestURI, requestHash);
    }

    /// @inheritdoc IValidationRegistry
    function validationResponse(
        bytes32 requestHash,
        uint8 response,
        string calldata responseURI,
        bytes32 responseHash,
        string calldata tag
    ) external {
        Status storage status = _statuses[requestHash];
        require(msg.sender == status.validator, "not the validator");
        require(response <= 100, "response above 100");
        (status.response, status.responseHash, status.tag) = (response, responseHash, tag);
        status.lastUpdate = block.timestamp;
        emit ValidationResponse(msg.sender, status.agentId, requestHash, response, responseURI, responseHash, tag);
    }

    /// @inheritdoc IValidationRegistry
    function getValidationStatus(bytes32 requestHash)
        external
        view
        returns (address, uint256, uint8, bytes32, string memory, uint256)
    {
        Status memory status = _statuses[requestHash];
        require(status.validator != address(0), "unknown request");
        return (
            status.validator, status.agentId, status.response, status.responseHash, status.tag, status.lastUpdate
        );
    }
}
