import { describe, expect, it } from 'vitest';
import { isInBatch, reportLeaf } from '../batch/batch.ts';
import { checkShape, decodeMessage, encodeMessage } from '../encoding/decode.ts';
import {
  exampleCertifiedReport,
  exampleMeasurements,
  exampleNetwork,
  exampleObservation,
  exampleObservations,
  examplePolicy,
  exampleTask,
} from '../network/example-network.ts';
import { taskIdOf } from '../task/task.ts';
import {
  type CertifiedReport,
  certifiedReportSchema,
  checkCertifiedReport,
  reportFieldsOf,
} from './certified-report.ts';

const example = exampleNetwork();
const entryOf = (reference: string) => {
  const { task } = exampleTask({ reference });
  return { task, observations: exampleObservations(example, task) };
};
const other = entryOf('other');
const certified = exampleCertifiedReport(example, [entryOf('example-1'), other]);
const word = `0x${'00'.repeat(32)}` as const;

/** Checks like an outside reader: first the schema, then the rules. */
function check(value: CertifiedReport) {
  const shaped = checkShape(certifiedReportSchema, value);
  return shaped.ok ? checkCertifiedReport(example.network, [examplePolicy], shaped.value) : shaped;
}

describe('a certified report', () => {
  it('passes, also after a trip over the bus', () => {
    expect(check(certified)).toEqual({ ok: true, value: certified.task });
    expect(decodeMessage(certifiedReportSchema, encodeMessage(certified))).toEqual({ ok: true, value: certified });
    expect(isInBatch(certified.root, reportLeaf(reportFieldsOf(certified)), certified.proof)).toBe(true);
  });

  const [result] = certified.results;
  const [observation] = certified.observations;
  if (result === undefined || observation === undefined) throw new Error('The example was observed.');
  const renamed = { ...certified.task, reference: 'renamed' };
  it.each<[string, string, Partial<CertifiedReport>]>([
    ['the task', 'malformed', { task: renamed }],
    ['the task, with an id that fits', 'wrong-task', { task: { ...renamed, taskId: taskIdOf(renamed) } }],
    ['the policy’s name', 'malformed', { task: { ...certified.task, policy: 'other' } }],
    ['the policy digest', 'unknown-policy', { policyDigest: word }],
    ['a verdict', 'wrong-results', { results: [{ ...result, verdict: 'reject' }, ...certified.results.slice(1)] }],
    [
      'a score',
      'wrong-results',
      { results: [{ ...result, scores: { ...result.scores, semantic: 1 } }, ...certified.results.slice(1)] },
    ],
    [
      'flags',
      'wrong-results',
      { results: [{ ...result, flags: { semantic: ['echo'] } }, ...certified.results.slice(1)] },
    ],
    ['finality', 'wrong-results', { results: [{ ...result, final: false }, ...certified.results.slice(1)] }],
    ['a miner', 'wrong-results', { results: [{ ...result, miner: 'somebody' }, ...certified.results.slice(1)] }],
    ['a result dropped', 'wrong-results', { results: certified.results.slice(1) }],
    ['the encoded results', 'wrong-results', { encodedResults: `0x${certified.encodedResults.slice(2, -2)}01` }],
    ['no observations', 'wrong-results', { observations: [] }],
    ['an observation', 'forged', { observations: [{ ...observation, measurements: '0x000000000000000000000000' }] }],
    ['an observation twice', 'observation-twice', { observations: [...certified.observations, observation] }],
    ['an observation of another task', 'wrong-task', { observations: other.observations }],
    ['the root', 'not-in-batch', { root: word }],
    ['the proof', 'not-in-batch', { proof: [word] }],
    ['no proof', 'not-in-batch', { proof: [] }],
    ['one signer less than a quorum', 'wrong-signers', { signers: certified.signers.slice(1) }],
    ['a signer twice', 'wrong-signers', { signers: [...certified.signers, ...certified.signers.slice(-1)] }],
    ['the order of the signers', 'wrong-signers', { signers: [...certified.signers].reverse() }],
    ['a signer who is no member', 'wrong-signers', { signers: [...certified.signers, `0x${'ff'.repeat(20)}`] }],
    ['a field too many', 'malformed', { extra: 1 } as Partial<CertifiedReport>],
  ])('is refused when this was changed: %s (%s)', (_, code, changes) => {
    expect(check({ ...certified, ...changes })).toMatchObject({ ok: false, refusal: { code } });
  });

  it.each<[string, Partial<CertifiedReport>]>([
    ['the chain', { chainId: 1 }],
    ['the hub', { hub: `0x${'66'.repeat(20)}` }],
    ['the epoch', { epoch: 8 }],
  ])('is refused when it names another network: %s', (_, changes) => {
    expect(check({ ...certified, ...changes })).toMatchObject({ ok: false });
  });

  it('may be based on a quorum of observations, but states exactly their result', () => {
    const entry = entryOf('example-1');
    const quorum = entry.observations.filter(({ operator }) => operator !== example.operators[3]?.address);
    expect(check(exampleCertifiedReport(example, [{ ...entry, observations: quorum }]))).toMatchObject({ ok: true });
    const low = [exampleMeasurements.accept, { score: 7_000, flags: 0 }];
    const lower = [0, 1].map((index) => exampleObservation(example, entry.task, 'semantic', index, low));
    const replaced = entry.observations.map(
      (one) => lower.find(({ role, operator }) => role === one.role && operator === one.operator) ?? one,
    );
    expect(check({ ...certified, observations: replaced })).toMatchObject({
      ok: false,
      refusal: { code: 'wrong-results' },
    });
  });
});
