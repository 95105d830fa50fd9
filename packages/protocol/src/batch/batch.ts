/** A batch: up to K reports under one Merkle root, as `AssayHub.verifyReport` proves them. */
import { concatBytes, fromHex, type Hex, keccak256, toHex, utf8 } from '../encoding/bytes.ts';
import { definitionOf, type Role, roles } from '../observation/role.ts';
import type { Report, Verdict } from '../report/report.ts';
import { MerkleTree, rootOfProof } from './merkle-tree.ts';

/** The number of a verdict on chain: 0 abstain, 1 accept, 2 reject. */
const verdictCodes = { abstain: 0, accept: 1, reject: 2 } as const satisfies Record<Verdict, number>;
const noScore = 0xffff;
const rolesOnChain = roles.filter((role) => definitionOf(role).scoreOnChain);
/** Bytes of one submission's result. */
export const resultBytes = 32 + 1 + 2 * rolesOnChain.length;
const reportTypeHash = keccak256(utf8('Report(bytes32 taskId,bytes32 policyDigest,bytes results)'));

/** The part of a report that the chain proves. */
export interface ReportFields {
  readonly taskId: Hex;
  readonly policyDigest: Hex;
  /** Packed results, see {@link encodeResults}. */
  readonly results: Hex;
}

/** A miner as 32 bytes: an address left-padded with zeros, any other name by its Keccak-256. */
export function minerWord(miner: string): Hex {
  return /^0x[0-9a-f]{40}$/.test(miner) ? `0x${'0'.repeat(24)}${miner.slice(2)}` : keccak256(utf8(miner));
}

/** The part of a submission's result that goes on chain. */
export interface EncodableResult {
  readonly miner: string;
  readonly verdict: Verdict;
  readonly scores: { readonly [R in Role]?: number | undefined };
}

/** Packs results in submission order, 39 bytes each: miner word, uint8 verdict, uint16 score of each role that contracts read (0xffff: none). */
export function encodeResults({
  results,
}: Omit<Report, 'results'> & { readonly results: readonly EncodableResult[] }): Hex {
  const parts = results.map(({ miner, verdict, scores }) => {
    const bytes = new Uint8Array(resultBytes);
    const view = new DataView(bytes.buffer);
    bytes.set(fromHex(minerWord(miner)));
    view.setUint8(32, verdictCodes[verdict]);
    for (const [index, role] of rolesOnChain.entries()) view.setUint16(33 + 2 * index, scores[role] ?? noScore);
    return bytes;
  });
  return toHex(concatBytes(...parts));
}

/** The Merkle leaf of a report. The double hash prevents an inner node from passing for a leaf. */
export function reportLeaf(fields: ReportFields): Hex {
  // The ABI encoding of four words is the words themselves.
  const words = [reportTypeHash, fields.taskId, fields.policyDigest, keccak256(fromHex(fields.results))];
  const struct = fromHex(`0x${words.map((word) => word.slice(2)).join('')}`);
  return keccak256(fromHex(keccak256(struct)));
}

/** A batch's root, and a proof for each of its reports in the order given. Sibling pairs are sorted (OpenZeppelin). */
export interface Batch {
  readonly root: Hex;
  readonly count: number;
  readonly proofs: readonly (readonly Hex[])[];
}

/** Builds the batch of some leaves. Throws on an empty list. */
export function buildBatch(leaves: readonly Hex[]): Batch {
  const tree = new MerkleTree(leaves);
  return { root: tree.root, count: leaves.length, proofs: leaves.map((_, index) => tree.proof(index)) };
}

/** True when the proof leads from the leaf to the root. */
export function isInBatch(root: Hex, leaf: Hex, proof: readonly Hex[]): boolean {
  return rootOfProof(leaf, proof) === root;
}
