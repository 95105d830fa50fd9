// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title SessionKeystore
/// @notice Public X25519 agreement keys of the participants of sessions (User, Miner, Oracle), each published by
/// the participant's own address, and the record of sessions that each Oracle keeps. Nothing here is secret, and
/// nothing derives from a secret but the transcript hash, which a session's participants know in public.
contract SessionKeystore {
    /// @notice How the three agree on the key: combined ECDH, or a coordinator.
    enum Method {
        None,
        Combined,
        Coordinator
    }

    /// @notice How far a session is. An established session that was rekeyed is in a later epoch.
    enum State {
        None,
        Proposed,
        Established,
        Rekeyed,
        Closed
    }

    /// @notice What is on record of a session. `transcriptHash` is zero until it is established.
    struct Session {
        address user;
        Method method;
        State state;
        uint32 epoch;
        address miner;
        bytes32 transcriptHash;
    }

    /// @dev `version` counts every change, so that a revoked key cannot be taken for one never published.
    struct AgreementKey {
        bytes32 publicKey;
        uint64 version;
    }

    mapping(address participant => AgreementKey) private _keys;

    /// @dev By oracle, so that nobody can take another's session id.
    mapping(address oracle => mapping(bytes32 sessionId => Session)) private _sessions;

    /// @notice A participant has published its first agreement key or replaced the one before.
    event AgreementKeySet(address indexed participant, uint64 version, bytes32 publicKey);

    /// @notice A participant has withdrawn its agreement key.
    event AgreementKeyRevoked(address indexed participant, uint64 version);

    /// @notice An Oracle takes part in an agreement that is under way.
    event SessionProposed(
        address indexed oracle, bytes32 indexed sessionId, Method method, address user, address miner
    );

    /// @notice All three have confirmed the key.
    event SessionEstablished(
        address indexed oracle,
        bytes32 indexed sessionId,
        Method method,
        address user,
        address miner,
        bytes32 transcriptHash
    );

    /// @notice The session goes on under the key of its next epoch.
    event SessionRekeyed(address indexed oracle, bytes32 indexed sessionId, uint32 epoch);

    /// @notice The session has ended; its keys are deleted.
    event SessionClosed(address indexed oracle, bytes32 indexed sessionId);

    /// @notice A session has a method, two distinct other participants and, once established, a transcript.
    error MalformedSession();

    /// @notice The session is not in a state from which this can follow.
    error WrongSessionState(bytes32 sessionId, State state);

    /// @notice Epochs only go up.
    error WrongSessionEpoch(bytes32 sessionId, uint32 epoch);

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

    /// @notice Records that the caller, an Oracle with an agreement key, takes part in an agreement.
    function proposeSession(bytes32 sessionId, Method method, address user, address miner) external {
        _record(sessionId, method, user, miner, State.Proposed);
        emit SessionProposed(msg.sender, sessionId, method, user, miner);
    }

    /// @notice Records that all three have confirmed the key of a session of the caller's, proposed here before or
    /// not. A session that was proposed keeps the participants that it was proposed with.
    function establishSession(bytes32 sessionId, Method method, address user, address miner, bytes32 transcriptHash)
        external
    {
        if (transcriptHash == 0) revert MalformedSession();
        Session storage session = _sessions[msg.sender][sessionId];
        if (session.state == State.Proposed) {
            if (session.method != method || session.user != user || session.miner != miner) revert MalformedSession();
            session.state = State.Established;
        } else {
            session = _record(sessionId, method, user, miner, State.Established);
        }
        session.transcriptHash = transcriptHash;
        emit SessionEstablished(msg.sender, sessionId, method, user, miner, transcriptHash);
    }

    /// @notice Records that a session of the caller's is in a later epoch.
    function rekeySession(bytes32 sessionId, uint32 epoch) external {
        Session storage session = _running(sessionId);
        if (epoch <= session.epoch) revert WrongSessionEpoch(sessionId, epoch);
        session.epoch = epoch;
        session.state = State.Rekeyed;
        emit SessionRekeyed(msg.sender, sessionId, epoch);
    }

    /// @notice Records that a session of the caller's has ended, for good.
    function closeSession(bytes32 sessionId) external {
        _running(sessionId).state = State.Closed;
        emit SessionClosed(msg.sender, sessionId);
    }

    /// @notice What `oracle` has on record of a session; all zero when nothing.
    function sessionOf(address oracle, bytes32 sessionId) external view returns (Session memory session) {
        return _sessions[oracle][sessionId];
    }

    /// @notice Whether `transcriptHash` is the one that `oracle` has on record for a session.
    function isTranscriptOf(address oracle, bytes32 sessionId, bytes32 transcriptHash) external view returns (bool) {
        return transcriptHash != 0 && _sessions[oracle][sessionId].transcriptHash == transcriptHash;
    }

    /// @dev Writes the first record of a session of the caller's.
    function _record(bytes32 sessionId, Method method, address user, address miner, State state)
        private
        returns (Session storage session)
    {
        if (_keys[msg.sender].publicKey == 0) revert NoAgreementKey(msg.sender);
        if (
            method == Method.None || user == address(0) || miner == address(0) || user == miner || user == msg.sender
                || miner == msg.sender
        ) revert MalformedSession();
        session = _sessions[msg.sender][sessionId];
        if (session.state != State.None) revert WrongSessionState(sessionId, session.state);
        session.user = user;
        session.method = method;
        session.state = state;
        session.miner = miner;
    }

    /// @dev A session of the caller's that is established and not closed.
    function _running(bytes32 sessionId) private view returns (Session storage session) {
        session = _sessions[msg.sender][sessionId];
        if (session.state != State.Established && session.state != State.Rekeyed) {
            revert WrongSessionState(sessionId, session.state);
        }
    }
}
