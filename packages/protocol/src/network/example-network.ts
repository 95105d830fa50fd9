/**
 * A small network that is the same on every machine, for tests and examples: operators, a policy, tasks, signed
 * observations, proposals, cosignatures. Pure. Its private keys are the numbers 1, 2, 3 …: public, never use them.
 */
import { buildBatch, reportLeaf } from '../batch/batch.ts';
import type { Cosignature } from '../batch/certificate.ts';
import { assembleCertificate } from '../batch/certificate.ts';
import { cosignatureFieldsOf, type Proposal, type ProposedReport, recompute } from '../batch/proposal.ts';
import type { Hex } from '../encoding/bytes.ts';
import { utf8 } from '../encoding/bytes.ts';
import { type Measurement, scoreMax } from '../observation/measurement.ts';
import { digestOfObservation, type Observation, unsignedObservation } from '../observation/observation.ts';
import type { Role } from '../observation/role.ts';
import { policiesDigest } from '../policy/policies-digest.ts';
import { loadPolicy, type Policy, rolesOf, rulesOf } from '../policy/policy.ts';
import type { CertifiedReport } from '../report/certified-report.ts';
import { addressOf, signDigest } from '../signature/signature.ts';
import { cosignatureDigest } from '../signature/typed-data.ts';
import { contentIdOf } from '../task/content-id.ts';
import { type Task, type TaskBody, taskIdOf } from '../task/task.ts';
import { loadNetwork, type Network } from './validator-set.ts';

/** An operator of the example with the key that it signs with. */
export interface ExampleOperator {
  readonly address: Hex;
  readonly privateKey: Uint8Array;
  readonly weight: bigint;
}

/** A network, its operators ascending by address as in `network.members`, and its one policy. */
export interface Example {
  readonly network: Network;
  readonly operators: readonly ExampleOperator[];
  readonly policy: Policy;
}

/** A task and the plain texts that its CIDs name. */
export interface ExampleTask {
  readonly task: Task;
  readonly prompt: string;
  readonly outputs: readonly string[];
}

/** What an example proposal holds for one task. */
export interface ExampleEntry {
  readonly task: Task;
  readonly observations: readonly Observation[];
}

/** The private key of a number from 1 on, 32 bytes. */
export function exampleKey(number: number): Uint8Array {
  const key = new Uint8Array(32);
  new DataView(key.buffer).setUint32(28, number);
  return key;
}

/** The policy `standard`: every role that it has rules for is required. */
export const examplePolicy: Policy = {
  name: 'standard',
  version: 1,
  payload: 'public',
  modelDigest: `0x${'5e'.repeat(32)}`,
  checksDigest: `0x${'c4'.repeat(32)}`,
  deadlineMs: 5_000,
  commitments: 'optional',
  submissionSignatures: 'optional',
  roles: {
    checksum: {
      required: true,
      acceptScoreMin: scoreMax,
      rejectFlags: ['cid-mismatch', 'commitment-mismatch', 'deterministic-divergence'],
      abstainFlags: ['content-missing'],
      scoreTolerance: 0,
      parameters: {},
    },
    embedding: {
      required: true,
      acceptScoreMin: 6_000,
      rejectFlags: ['outlier'],
      abstainFlags: ['content-missing', 'too-few-submissions', 'no-agreement'],
      scoreTolerance: 50,
      parameters: { agreementMin: 7_000 },
    },
    semantic: {
      required: true,
      acceptScoreMin: 5_000,
      rejectFlags: ['irrelevant', 'injection', 'aimed-at-judge'],
      abstainFlags: ['content-missing'],
      scoreTolerance: 50,
      parameters: { relevanceMin: 3_000 },
    },
  },
};

/** The example policy with some roles required; the others only inform. */
export function policyRequiring(...required: readonly Role[]): Policy {
  const rules = rolesOf(examplePolicy).map((role) => [
    role,
    { ...rulesOf(examplePolicy, role), required: required.includes(role) },
  ]);
  return { ...examplePolicy, roles: Object.fromEntries(rules) as Policy['roles'] };
}

/** A network with one operator for each weight, assigned in ascending order of address. */
export function exampleNetwork(weights: readonly bigint[] = [1n, 1n, 1n, 1n], policy: Policy = examplePolicy): Example {
  const keys = weights
    .map((_, index) => exampleKey(index + 1))
    .map((privateKey) => ({ privateKey, address: addressOf(privateKey) }))
    .sort((a, b) => (a.address < b.address ? -1 : 1));
  const operators = keys.map((one, index) => ({ ...one, weight: weights[index] ?? 1n }));
  const network = loadNetwork({
    chainId: 31_337,
    hub: `0x${'ab'.repeat(20)}` as const,
    epoch: 7,
    members: operators.map(({ address, weight }) => ({ operator: address, weight })),
    policiesDigest: policiesDigest([policy]),
  });
  return { network, operators, policy: loadPolicy(policy) };
}

/** A task with one submission for each output; the miners are addresses (keys 1001, 1002 …) unless `miners` names them. */
export function exampleTask(
  options: {
    readonly reference?: string;
    readonly prompt?: string;
    readonly outputs?: readonly string[];
    readonly miners?: readonly string[];
    readonly parameters?: TaskBody['parameters'];
  } = {},
): ExampleTask {
  const prompt = options.prompt ?? 'What is the capital of France?';
  const outputs = options.outputs ?? ['The capital of France is Paris.', 'Paris is the capital of France.'];
  const content = (text: string) => ({ cid: contentIdOf(utf8(text)), bytes: utf8(text).length });
  const body: TaskBody = {
    version: 1,
    reference: options.reference ?? 'example-1',
    policy: examplePolicy.name,
    parameters: options.parameters ?? { model: 'example-model', seed: 1, temperatureMilli: 0 },
    prompt: content(prompt),
    submissions: outputs.map((output, index) => ({
      ...content(output),
      miner: options.miners?.[index] ?? addressOf(exampleKey(1_001 + index)),
    })),
  };
  return { task: { ...body, taskId: taskIdOf(body) }, prompt, outputs };
}

/** A measurement that votes accept, reject or abstain in any role of the example policy. */
export const exampleMeasurements = {
  accept: { score: scoreMax, flags: 0 },
  reject: { score: 0, flags: 0 },
  /** Bit 0 is `content-missing` in every role. */
  abstain: { score: 0, flags: 1 },
} as const satisfies Record<string, Measurement>;

/** A signed observation by the operator at an index of `example.operators`; by default it accepts every submission. */
export function exampleObservation(
  example: Example,
  task: Task,
  role: Role,
  operatorIndex: number,
  measurements: readonly Measurement[] = task.submissions.map(() => exampleMeasurements.accept),
): Observation {
  const { address, privateKey } = operatorAt(example, operatorIndex);
  const unsigned = unsignedObservation(example.network, example.policy, task, role, address, measurements);
  return { ...unsigned, signature: signDigest(digestOfObservation(example.network, unsigned), privateKey) };
}

/**
 * The observations of every operator and role. `measure` returns each measurement; undefined means that this validator
 * is silent.
 */
export function exampleObservations(
  example: Example,
  task: Task,
  measure: (operatorIndex: number, role: Role) => readonly Measurement[] | undefined = () =>
    task.submissions.map(() => exampleMeasurements.accept),
): Observation[] {
  return example.operators.flatMap((_, index) =>
    rolesOf(example.policy).flatMap((role) => {
      const measurements = measure(index, role);
      return measurements === undefined ? [] : [exampleObservation(example, task, role, index, measurements)];
    }),
  );
}

/**
 * A proposal over some tasks with the root derived from their observations. Throws if an observation does not count.
 */
export function exampleProposal(example: Example, entries: readonly ExampleEntry[], sequence = 1): Proposal {
  const leaves = entries.map((entry) => reportLeaf(exampleReport(example, entry).fields));
  return {
    epoch: example.network.epoch,
    sequence,
    root: buildBatch(leaves).root,
    entries: entries.map(({ task, observations }) => ({ taskId: task.taskId, observations: [...observations] })),
  };
}

/** The report derived from a task's observations. Throws if one does not count. */
export function exampleReport(example: Example, { task, observations }: ExampleEntry): ProposedReport {
  const report = recompute(example.network, { task, policy: example.policy }, observations);
  if (!report.ok) throw new Error(report.refusal.detail);
  return report.value;
}

/** One operator's cosignature on a proposal. */
export function exampleCosignature(example: Example, proposal: Proposal, operatorIndex: number): Cosignature {
  const { address, privateKey } = operatorAt(example, operatorIndex);
  const digest = cosignatureDigest(example.network, cosignatureFieldsOf(example.network, proposal));
  const { epoch, sequence, root } = proposal;
  return { epoch, sequence, root, operator: address, signature: signDigest(digest, privateKey) };
}

/** The certified report of the first of some entries, cosigned by every operator, with a made-up transaction. */
export function exampleCertifiedReport(
  example: Example,
  entries: readonly [ExampleEntry, ...ExampleEntry[]],
): CertifiedReport {
  const proposal = exampleProposal(example, entries);
  const reports = entries.map((entry) => exampleReport(example, entry));
  const [first] = reports;
  const [proof] = buildBatch(reports.map((one) => reportLeaf(one.fields))).proofs;
  const cosignatures = example.operators.map((_, index) => exampleCosignature(example, proposal, index));
  const certificate = assembleCertificate(example.network, cosignatures);
  if (first === undefined || proof === undefined || certificate === undefined)
    throw new Error('There is no certificate.');
  return structuredClone({
    version: 1,
    task: first.task,
    results: first.report.results,
    policyDigest: first.fields.policyDigest,
    encodedResults: first.fields.results,
    observations: first.observations,
    chainId: example.network.chainId,
    hub: example.network.hub,
    epoch: proposal.epoch,
    sequence: proposal.sequence,
    root: proposal.root,
    count: entries.length,
    proof,
    signers: certificate.signers,
    transaction: {
      hash: `0x${'77'.repeat(32)}`,
      blockNumber: 12,
      gasUsed: 100_000,
      transmitter: `0x${'99'.repeat(20)}`,
    },
  }) as CertifiedReport;
}

function operatorAt(example: Example, index: number): ExampleOperator {
  const operator = example.operators[index];
  if (operator === undefined) throw new RangeError(`There is no operator ${index}.`);
  return operator;
}
