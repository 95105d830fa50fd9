// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Bls12381} from "./Bls12381.sol";
import {HashToG1} from "./HashToG1.sol";
import {Member} from "./Member.sol";

/// @title BlsKeyRegistry
/// @notice Which BLS12-381 key an operator cosigns with. A key counts from the next epoch that starts.
/// @dev One digest is signed twice: by the operator's own key, which says that it wants this BLS key, and by the BLS
/// key, which proves that somebody holds it. The digest binds chain, contract, operator, key and a counter, so that
/// neither signature serves anybody else, or again. Without the proof an operator could register the difference
/// between a key of its own and the sum of all others, and sign for everybody.
contract BlsKeyRegistry is EIP712 {
    /// @notice EIP-712 type of what both keys sign.
    bytes32 public constant BLS_KEY_TYPEHASH = keccak256("BlsKey(address operator,bytes key,uint64 version)");

    /// @dev Six words of a packed key, and how many times it was set.
    struct BlsKey {
        uint256[6] words;
        uint64 version;
    }

    mapping(address operator => BlsKey) private _keys;

    /// @notice Who has ever registered a key, by the key's keccak256. A key is never given to another operator.
    mapping(bytes32 keyDigest => address operator) public holderOf;

    /// @notice An operator has a new key.
    event BlsKeySet(address indexed operator, uint64 version, bytes key);

    /// @notice A key is 192 bytes long and not zero, a proof of possession 96 bytes.
    error MalformedKey();

    /// @notice The operator's own signature is not there.
    error NotWantedByOperator(address operator);

    /// @notice The proof of possession does not fit, or the key is not a point of the group.
    error NotPossessed(address operator);

    /// @notice Another operator has, or had, this key.
    error KeyTaken(address holder);

    constructor() EIP712("Assay BLS keys", "1") {}

    /// @notice Registers an operator's key. Anyone may bring it in: it says for itself who wants it.
    /// @param operator Whose key it is.
    /// @param key Packed point of G2: 192 bytes.
    /// @param possession Signature of `keyDigest` by the BLS key under the domain of proofs of possession: 96 bytes.
    /// @param consent Signature of `keyDigest` by the operator's secp256k1 key: 65 bytes.
    function setKey(address operator, bytes calldata key, bytes calldata possession, bytes calldata consent) external {
        if (key.length != Bls12381.G2_LENGTH || possession.length != Bls12381.G1_LENGTH) revert MalformedKey();
        bytes32 digest = keyDigest(operator, key);
        (address signer,,) = ECDSA.tryRecoverCalldata(digest, consent);
        if (signer == address(0) || signer != operator) revert NotWantedByOperator(operator);

        uint256[6] memory words = abi.decode(key, (uint256[6]));
        uint256[8] memory point = Bls12381.unpack(_place(words));
        if (Bls12381.isInfinity(point)) revert MalformedKey();
        if (!Bls12381.isSigned(point, HashToG1.POSSESSION_DOMAIN, digest, possession)) revert NotPossessed(operator);
        _store(operator, key, words);
    }

    /// @notice What operator and BLS key sign to register `key` as the operator's next one.
    function keyDigest(address operator, bytes calldata key) public view returns (bytes32) {
        uint64 version = _keys[operator].version + 1;
        return _hashTypedDataV4(keccak256(abi.encode(BLS_KEY_TYPEHASH, operator, keccak256(key), version)));
    }

    /// @notice An operator's key, packed.
    /// @return key 192 bytes; empty when there is none.
    /// @return version How many times it was set.
    function keyOf(address operator) external view returns (bytes memory key, uint64 version) {
        BlsKey storage entry = _keys[operator];
        version = entry.version;
        if (version > 0) key = abi.encodePacked(entry.words);
    }

    /// @notice The keys of a set as EpochStore wants them: the weight of those who have one, the sum of the keys
    /// (6 words), each member's key (6 words, zero for none). Empty when nobody has one.
    function epochKeys(Member[] calldata members) external view returns (uint256[] memory words) {
        words = new uint256[](7 + 6 * members.length);
        uint256[8] memory sum;
        for (uint256 i = 0; i < members.length; ++i) {
            BlsKey storage entry = _keys[members[i].operator];
            if (entry.version == 0) continue;
            uint256[6] memory key = entry.words;
            words[0] += members[i].weight;
            _copy(words, 7 + 6 * i, key);
            Bls12381.add(sum, Bls12381.unpack(_place(key)));
        }
        if (words[0] == 0) return new uint256[](0);
        _copy(words, 1, Bls12381.pack(sum));
    }

    /// @dev Copies six words into `words`, beginning with word number `first`.
    function _copy(uint256[] memory words, uint256 first, uint256[6] memory key) private pure {
        for (uint256 part = 0; part < 6; ++part) {
            words[first + part] = key[part];
        }
    }

    /// @dev Where in memory six words are.
    function _place(uint256[6] memory words) private pure returns (uint256 place) {
        assembly ("memory-safe") {
            place := words
        }
    }

    /// @dev Keeps a checked key.
    function _store(address operator, bytes calldata key, uint256[6] memory words) private {
        address holder = holderOf[keccak256(key)];
        if (holder != address(0) && holder != operator) revert KeyTaken(holder);
        holderOf[keccak256(key)] = operator;
        BlsKey storage entry = _keys[operator];
        entry.words = words;
        emit BlsKeySet(operator, ++entry.version, key);
    }
}
