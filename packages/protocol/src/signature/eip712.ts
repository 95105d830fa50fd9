/** EIP-712: the message that a signature over a struct is for, bound to one contract of one chain. */
import { fromHex, type Hex, keccak256, utf8 } from '../encoding/bytes.ts';

/** A contract as the domain of signatures, with the name that it has in EIP-712. */
export interface ContractDomain {
  readonly name: string;
  readonly chainId: number;
  readonly contract: Hex;
}

/** The message of a signature: a digest, and the bytes whose Keccak-256 it is. */
export interface ToSign {
  readonly digest: Hex;
  readonly preimage: Hex;
}

/** Keccak-256 of a text: a type, or a field of type `string`. */
export const hashOfText = (text: string): Hex => keccak256(utf8(text));

/** An integer or an address as a word of 32 bytes, left-padded with zeros. */
export const word = (value: number | Hex): Hex =>
  `0x${(typeof value === 'number' ? value.toString(16) : value.slice(2)).padStart(64, '0')}`;

const domainType = hashOfText('EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)');
const version = hashOfText('1');

/** Keccak-256 of words, one after the other. */
function hashOfWords(words: readonly Hex[]): Hex {
  return keccak256(fromHex(`0x${words.map((one) => one.slice(2)).join('')}`));
}

/**
 * 0x1901 ‖ domain separator ‖ keccak256(struct), and the Keccak-256 of it. `struct`: the hash of its type, then its
 * fields as words of 32 bytes; of texts and bytes their Keccak-256.
 */
export function structToSign(domain: ContractDomain, struct: readonly Hex[]): ToSign {
  const separator = hashOfWords([
    domainType,
    hashOfText(domain.name),
    version,
    word(domain.chainId),
    word(domain.contract),
  ]);
  const preimage: Hex = `0x1901${separator.slice(2)}${hashOfWords(struct).slice(2)}`;
  return { digest: keccak256(fromHex(preimage)), preimage };
}
