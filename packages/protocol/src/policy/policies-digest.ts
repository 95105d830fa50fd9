/**
 * The digest of a network's policies that each epoch states on chain. It also binds the tolerance between two
 * observations of one method, so that a contract can detect an equivocation on its own. Every operator signs that
 * tolerance with every observation.
 */
import { SimpleMerkleTree } from '@openzeppelin/merkle-tree';
import { encodeAbiParameters } from 'viem/utils';
import { fromHex, type Hex, keccak256, utf8 } from '../encoding/bytes.ts';
import { canonicalDigest } from '../encoding/canonical.ts';
import { methodDigest, type Policy, policyDigest, rolesOf, scoreToleranceOf } from './policy.ts';

const domain = keccak256(utf8('Assay policies v2'));

/** The tolerance of a method, and the proof that an epoch's policies state it. */
export interface ToleranceProof {
  readonly documentsDigest: Hex;
  readonly tolerance: number;
  readonly proof: readonly Hex[];
}

/** Digest of all policies of a network, independent of their order. Registered on chain with each epoch. */
export function policiesDigest(policies: readonly Policy[]): Hex {
  const encoded = encodeAbiParameters(
    [{ type: 'bytes32' }, { type: 'bytes32' }, { type: 'bytes32' }],
    [domain, documentsDigest(policies), toleranceTree(policies).root as Hex],
  );
  return keccak256(fromHex(encoded));
}

/** The tolerance of a method with its proof; undefined when no policy has this method. */
export function toleranceProof(policies: readonly Policy[], method: Hex): ToleranceProof | undefined {
  const tolerance = tolerances(policies).get(method);
  if (tolerance === undefined) return undefined;
  const proof = toleranceTree(policies).getProof(toleranceLeaf(method, tolerance)) as Hex[];
  return { documentsDigest: documentsDigest(policies), tolerance, proof };
}

function documentsDigest(policies: readonly Policy[]): Hex {
  return canonicalDigest('assay policies v1', policies.map(policyDigest).sort());
}

/** Each method once: the rules that define a method include its tolerance. */
function tolerances(policies: readonly Policy[]): ReadonlyMap<Hex, number> {
  return new Map(
    policies.flatMap((policy) =>
      rolesOf(policy).map((role) => [methodDigest(role, policy), scoreToleranceOf(policy, role)] as const),
    ),
  );
}

function toleranceTree(policies: readonly Policy[]): SimpleMerkleTree {
  return SimpleMerkleTree.of([...tolerances(policies)].map(([method, tolerance]) => toleranceLeaf(method, tolerance)));
}

/** The double hash prevents an inner node from passing for a leaf. */
function toleranceLeaf(method: Hex, tolerance: number): Hex {
  const encoded = encodeAbiParameters([{ type: 'bytes32' }, { type: 'uint16' }], [method, tolerance]);
  return keccak256(fromHex(keccak256(fromHex(encoded))));
}
