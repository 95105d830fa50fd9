// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IERC3009} from "./IERC3009.sol";

/// @title TrialDollar
/// @notice A token with EIP-3009 and six decimals that stands in for a stable coin on trial chains. It is worth nothing.
contract TrialDollar is ERC20, EIP712, IERC3009 {
    /// @notice EIP-712 type of an authorization.
    bytes32 public constant TRANSFER_WITH_AUTHORIZATION_TYPEHASH = keccak256(
        "TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
    );

    /// @notice EIP-712 type of a cancellation.
    bytes32 public constant CANCEL_AUTHORIZATION_TYPEHASH =
        keccak256("CancelAuthorization(address authorizer,bytes32 nonce)");

    /// @inheritdoc IERC3009
    mapping(address authorizer => mapping(bytes32 nonce => bool)) public authorizationState;

    /// @notice An authorization was used.
    event AuthorizationUsed(address indexed authorizer, bytes32 indexed nonce);

    /// @notice An authorization was cancelled.
    event AuthorizationCanceled(address indexed authorizer, bytes32 indexed nonce);

    /// @notice The authorization is not valid yet, or no longer.
    error AuthorizationNotValidNow(uint256 validAfter, uint256 validBefore);

    /// @notice The nonce is used or cancelled.
    error AuthorizationUsedBefore(address authorizer, bytes32 nonce);

    /// @notice The signature is not of the one who pays.
    error NotTheSigner(address authorizer);

    /// @param holder Who gets the whole supply.
    /// @param supply How much there is.
    constructor(address holder, uint256 supply) ERC20("Trial dollar", "TUSD") EIP712("Trial dollar", "1") {
        _mint(holder, supply);
    }

    /// @inheritdoc IERC3009
    function transferWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external {
        if (block.timestamp <= validAfter || block.timestamp >= validBefore) {
            revert AuthorizationNotValidNow(validAfter, validBefore);
        }
        bytes32 structHash = keccak256(
            abi.encode(TRANSFER_WITH_AUTHORIZATION_TYPEHASH, from, to, value, validAfter, validBefore, nonce)
        );
        _use(from, nonce, structHash, v, r, s);
        emit AuthorizationUsed(from, nonce);
        _transfer(from, to, value);
    }

    /// @notice Makes an authorization worthless that was not used.
    function cancelAuthorization(address authorizer, bytes32 nonce, uint8 v, bytes32 r, bytes32 s) external {
        _use(authorizer, nonce, keccak256(abi.encode(CANCEL_AUTHORIZATION_TYPEHASH, authorizer, nonce)), v, r, s);
        emit AuthorizationCanceled(authorizer, nonce);
    }

    /// @notice The version of the EIP-712 domain.
    function version() external pure returns (string memory) {
        return "1";
    }

    /// @inheritdoc ERC20
    function decimals() public pure override returns (uint8) {
        return 6;
    }

    /// @dev Takes a nonce, if its owner signed for it.
    function _use(address authorizer, bytes32 nonce, bytes32 structHash, uint8 v, bytes32 r, bytes32 s) private {
        if (authorizationState[authorizer][nonce]) revert AuthorizationUsedBefore(authorizer, nonce);
        if (ECDSA.recover(_hashTypedDataV4(structHash), v, r, s) != authorizer) revert NotTheSigner(authorizer);
        authorizationState[authorizer][nonce] = true;
    }
}
