/**
 * The digest of a network's policies that each epoch states on chain. Besides the policies it binds how far two
 * observations of one method may be apart, so that a contract can tell an equivocation by itself: every operator has
 * signed that tolerance with every observation.
 */
import { SimpleMerkleTree } from '@openzeppelin/merkle-tree';
import { encodeAbiParameters } from 'viem/utils';
import { fromHex, type Hex, keccak256, utf8 } from '../encoding/bytes.ts';
import { canonicalDigest } from '../encoding/canonical.ts';
import { methodDigest, type Policy, policyDigest, rolesOf, scoreToleranceOf } from './policy.ts';

const domain = keccak256(utf8('Assay policies v2'));

/** How far apart two observations of a method may be, and the proof that an epoch's policies say so. */
export interface ToleranceProof {
  readonly documentsDigest: Hex;
  readonly tolerance: number;
  readonly proof: readonly Hex[];
}

/** Digest of all policies of a network, whatever their order: registered on chain with each epoch. */
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

/** Of each method once: the rules that name a method hold its tolerance. */
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

/** Twice hashed, so that no inner node can pass for a leaf. */
function toleranceLeaf(method: Hex, tolerance: number): Hex {
  const encoded = encodeAbiParameters([{ type: 'bytes32' }, { type: 'uint16' }], [method, tolerance]);
  return keccak256(fromHex(keccak256(fromHex(encoded))));
}
