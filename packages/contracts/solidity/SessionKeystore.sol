// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title SessionKeystore
/// @notice Public X25519 agreement keys of the participants of sessions (User, Miner, Oracle), each published by
/// the participant's own address. Nothing here is secret.
contract SessionKeystore {
    /// @dev `version` counts every change, so that a revoked key cannot be taken for one never published.
    struct AgreementKey {
        bytes32 publicKey;
        uint64 version;
    }

    mapping(address participant => AgreementKey) private _keys;

    /// @notice A participant has published its first agreement key or replaced the one before.
    event AgreementKeySet(address indexed participant, uint64 version, bytes32 publicKey);

    /// @notice A participant has withdrawn its agreement key.
    event AgreementKeyRevoked(address indexed participant, uint64 version);

    /// @notice Zero is no public key.
    error ZeroAgreementKey();

    /// @notice There is no key to revoke.
    error NoAgreementKey(address participant);

    /// @notice Publishes the caller's agreement key; a key published before is replaced.
    function setAgreementKey(bytes32 x25519PublicKey) external {
        if (x25519PublicKey == 0) revert ZeroAgreementKey();
        AgreementKey storage key = _keys[msg.sender];
        key.publicKey = x25519PublicKey;
        emit AgreementKeySet(msg.sender, ++key.version, x25519PublicKey);
    }

    /// @notice Withdraws the caller's agreement key. A new one can be published afterwards.
    function revokeAgreementKey() external {
        AgreementKey storage key = _keys[msg.sender];
        if (key.publicKey == 0) revert NoAgreementKey(msg.sender);
        key.publicKey = 0;
        emit AgreementKeyRevoked(msg.sender, ++key.version);
    }

    /// @notice The agreement key of `participant`.
    /// @return publicKey The key, or zero when there is none.
    /// @return version How many times it was set or revoked.
    function agreementKeyOf(address participant) external view returns (bytes32 publicKey, uint64 version) {
        AgreementKey storage key = _keys[participant];
        return (key.publicKey, key.version);
    }
}
