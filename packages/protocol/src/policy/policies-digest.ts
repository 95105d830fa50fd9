/**
 * The digest of a network's policies that each epoch states on chain. It also binds the vote rule of each method, so that a
 * contract can derive votes and detect an equivocation on its own. Every operator signs that rule with every observation.
 */
import { SimpleMerkleTree } from '@openzeppelin/merkle-tree';
import { encodeAbiParameters } from 'viem/utils';
import { fromHex, type Hex, keccak256, utf8 } from '../encoding/bytes.ts';
import { canonicalDigest } from '../encoding/canonical.ts';
import type { Role } from '../observation/role.ts';
import { methodDigest, type Policy, policyDigest, rolesOf, rulesOf, voteWordsOf } from './policy.ts';

const domain = keccak256(utf8('Assay policies v3'));

/** The policies' method of a digest, and the proof that an epoch's policies state its vote rule. */
export interface VoteRuleProof {
  readonly role: Role;
  readonly policy: Policy;
  readonly documentsDigest: Hex;
  /**
   * 16 bytes, big endian: score tolerance (2), least accepted score (2), flags of missing content (4), flags that reject
   * (4), flags that abstain (4).
   */
  readonly rule: Hex;
  readonly proof: readonly Hex[];
}

/** Digest of all policies of a network, independent of their order. Registered on chain with each epoch. */
export function policiesDigest(policies: readonly Policy[]): Hex {
  const encoded = encodeAbiParameters(
    [{ type: 'bytes32' }, { type: 'bytes32' }, { type: 'bytes32' }],
    [domain, documentsDigest(policies), ruleTree(policies).root as Hex],
  );
  return keccak256(fromHex(encoded));
}

/** The vote rule of a method with its proof; undefined when no policy has this method. */
export function voteRuleProof(policies: readonly Policy[], method: Hex): VoteRuleProof | undefined {
  const found = methods(policies).get(method);
  if (found === undefined) return undefined;
  const rule = voteRuleOf(found.role, found.policy);
  const proof = ruleTree(policies).getProof(ruleLeaf(method, rule)) as Hex[];
  return { ...found, documentsDigest: documentsDigest(policies), rule, proof };
}

function documentsDigest(policies: readonly Policy[]): Hex {
  return canonicalDigest('assay policies v1', policies.map(policyDigest).sort());
}

/** Each method once: the rules that define a method include its vote rule. */
function methods(policies: readonly Policy[]): ReadonlyMap<Hex, { readonly role: Role; readonly policy: Policy }> {
  return new Map(
    policies.flatMap((policy) =>
      rolesOf(policy).map((role) => [methodDigest(role, policy), { role, policy }] as const),
    ),
  );
}

function voteRuleOf(role: Role, policy: Policy): Hex {
  const rules = rulesOf(policy, role);
  if (rules === undefined) throw new RangeError(`The policy "${policy.name}" has no rules for the role ${role}.`);
  const { missing, reject, abstain } = voteWordsOf(role, rules);
  const hex = (value: number, bytes: number) => value.toString(16).padStart(2 * bytes, '0');
  const scores = hex(rules.scoreTolerance, 2) + hex(rules.acceptScoreMin, 2);
  return `0x${scores}${hex(missing, 4)}${hex(reject, 4)}${hex(abstain, 4)}`;
}

function ruleTree(policies: readonly Policy[]): SimpleMerkleTree {
  return SimpleMerkleTree.of(
    [...methods(policies)].map(([method, { role, policy }]) => ruleLeaf(method, voteRuleOf(role, policy))),
  );
}

/** The double hash prevents an inner node from passing for a leaf. */
function ruleLeaf(method: Hex, rule: Hex): Hex {
  const encoded = encodeAbiParameters([{ type: 'bytes32' }, { type: 'bytes16' }], [method, rule]);
  return keccak256(fromHex(keccak256(fromHex(encoded))));
}
