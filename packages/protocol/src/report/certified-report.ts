/** A certified report: the network's result, with everything that a reader needs to prove it against the chain. */
import { z } from 'zod';
import { isInBatch, type ReportFields, reportLeaf, resultBytes } from '../batch/batch.ts';
import { recompute } from '../batch/proposal.ts';
import type { Hex } from '../encoding/bytes.ts';
import { canonicalJson } from '../encoding/canonical.ts';
import { addressSchema, countSchema, digestSchema, hexSchema, minerSchema } from '../encoding/fields.ts';
import { limits } from '../limits.ts';
import { type Network, totalWeight, weightOf } from '../network/validator-set.ts';
import { scoreMax } from '../observation/measurement.ts';
import { observationSchema } from '../observation/observation.ts';
import { byRole, roles } from '../observation/role.ts';
import { type Policy, policyDigest } from '../policy/policy.ts';
import { accepted, type Checked, refused } from '../refusal.ts';
import { type Task, taskSchema } from '../task/task.ts';
import { isQuorum } from './quorum.ts';

const scoreSchema = z.int().min(0).max(scoreMax);
const flagNamesSchema = z.array(z.string().max(64)).max(32);

/** One submission's verdict, the weighted median score and the quorum's flags of each role. */
const submissionResultSchema = z.strictObject({
  miner: minerSchema,
  verdict: z.enum(['accept', 'reject', 'abstain']),
  scores: z.strictObject(byRole(() => scoreSchema.optional())),
  flags: z.strictObject(byRole(() => flagNamesSchema.optional())),
  final: z.boolean(),
});

/** Schema of a certified report on the bus and from the gateway. */
export const certifiedReportSchema = z.strictObject({
  version: z.literal(1),
  task: taskSchema,
  results: z.array(submissionResultSchema).min(1).max(limits.submissionsMax),
  policyDigest: digestSchema,
  /** The proven results: see `encodeResults`. */
  encodedResults: hexSchema(limits.submissionsMax * resultBytes),
  /** The signed observations that the report was derived from. */
  observations: z.array(observationSchema).max(limits.operatorsMax * roles.length),
  chainId: z.int().min(1),
  hub: addressSchema,
  epoch: countSchema,
  sequence: countSchema,
  root: digestSchema,
  count: countSchema,
  proof: z.array(digestSchema).max(32),
  /** Who signed the certificate, ascending: all of them, and nobody else who cosigned. */
  signers: z.array(addressSchema).max(limits.operatorsMax),
  transaction: z.strictObject({
    hash: digestSchema,
    blockNumber: z.int().min(0),
    gasUsed: z.int().min(0),
    transmitter: addressSchema,
  }),
});

export type CertifiedReport = z.infer<typeof certifiedReportSchema>;

/** The fields that `AssayHub.verifyReport` takes. */
export function reportFieldsOf(certified: CertifiedReport): ReportFields {
  return { taskId: certified.task.taskId, policyDigest: certified.policyDigest, results: certified.encodedResults };
}

/**
 * Checks everything about a certified report that needs no chain: its signers may make a certificate, the observations'
 * signatures are valid, the results follow from them, and the report is under the root. Only the chain proves the root,
 * and that these signers signed it.
 */
export function checkCertifiedReport(
  network: Network,
  policies: readonly Policy[],
  certified: CertifiedReport,
): Checked<Task> {
  if (certified.chainId !== network.chainId || certified.hub !== network.hub || certified.epoch !== network.epoch) {
    return refused('wrong-network', 'The report names another chain, hub or epoch than the network.', 'hub');
  }
  const policy = policies.find((one) => one.name === certified.task.policy);
  if (policy === undefined || policyDigest(policy) !== certified.policyDigest) {
    return refused(
      'unknown-policy',
      `The report's policy "${certified.task.policy}" is not one of the network's.`,
      'policyDigest',
    );
  }
  if (!areSigners(network, certified.signers))
    return refused('wrong-signers', 'The signers are not ascending members worth a quorum.', 'signers');
  const derived = recompute(network, { task: certified.task, policy }, certified.observations);
  if (!derived.ok) return derived;
  const same =
    derived.value.fields.results === certified.encodedResults &&
    canonicalJson(derived.value.report.results) === canonicalJson(certified.results);
  if (!same) {
    return refused('wrong-results', 'The results do not follow from the signed observations.', 'results');
  }
  if (!isInBatch(certified.root, reportLeaf(reportFieldsOf(certified)), certified.proof)) {
    return refused('not-in-batch', 'The inclusion proof does not lead to the root.', 'proof');
  }
  return accepted(certified.task);
}

/**
 * Whether these can be a certificate's signers: members, each once, ascending, with more than two thirds of the weight.
 */
function areSigners(network: Network, signers: readonly Hex[]): boolean {
  const weights = signers.map((signer, index) => {
    const before = signers[index - 1];
    return before !== undefined && before >= signer ? undefined : weightOf(network, signer);
  });
  const signed = weights.reduce<bigint>((sum, weight) => sum + (weight ?? 0n), 0n);
  return !weights.includes(undefined) && isQuorum(signed, totalWeight(network));
}
