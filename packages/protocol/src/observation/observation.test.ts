import { describe, expect, it } from 'vitest';
import { checkShape } from '../encoding/decode.ts';
import {
  exampleKey,
  exampleMeasurements,
  exampleNetwork,
  exampleObservation,
  examplePolicy,
  exampleTask,
  policyRequiring,
} from '../network/example-network.ts';
import type { Network } from '../network/validator-set.ts';
import { addressOf, signDigest } from '../signature/signature.ts';
import { checkObservation, digestOfObservation, type Observation, observationSchema } from './observation.ts';

const example = exampleNetwork([5n, 1n, 1n, 1n]);
const { task } = exampleTask();
const good = exampleObservation(example, task, 'semantic', 0);
const key = example.operators[0]?.privateKey ?? exampleKey(1);
const check = (observation: Observation, network: Network = example.network, policy = example.policy) =>
  checkObservation(network, policy, task, observation);
/** The observation with changes and a matching signature. */
const signed = (changes: Partial<Observation>, privateKey = key) => {
  const changed = { ...good, ...changes };
  return { ...changed, signature: signDigest(digestOfObservation(example.network, changed), privateKey) };
};

describe('an observation', () => {
  it('counts with its operator’s weight and its measurements', () => {
    expect(check(good)).toEqual({
      ok: true,
      value: { observation: good, weight: 5n, measurements: [exampleMeasurements.accept, exampleMeasurements.accept] },
    });
    expect(checkShape(observationSchema, good).ok).toBe(true);
  });

  it.each([
    ['wrong-task', signed({ taskId: exampleTask({ reference: 'other' }).task.taskId })],
    ['wrong-epoch', signed({ epoch: 6 })],
    ['unknown-operator', signed({ operator: addressOf(exampleKey(99)) }, exampleKey(99))],
    ['wrong-method', signed({ role: 'embedding' })],
    ['wrong-method', signed({ methodDigest: `0x${'00'.repeat(32)}` })],
    ['wrong-measurement-count', signed({ measurements: '0x271000000000' })],
    ['score-out-of-range', signed({ measurements: '0x271100000000271000000000' })],
    ['forged', signed({}, exampleKey(99))],
    ['forged', { ...good, operator: example.operators[1]?.address ?? good.operator }],
    ['forged', { ...good, measurements: '0x000000000000000000000000' as const }],
    ['forged', { ...good, signature: `0x${'00'.repeat(65)}` as const }],
  ])('is refused: %s (case %#)', (code, observation) => {
    expect(check(observation)).toMatchObject({ ok: false, refusal: { code } });
  });

  it('is bound to chain, hub, set and policies', () => {
    const networks: Network[] = [
      { ...example.network, chainId: 1 },
      { ...example.network, hub: `0x${'cd'.repeat(20)}` },
      { ...example.network, members: example.network.members.slice(0, 3) },
      { ...example.network, policiesDigest: `0x${'00'.repeat(32)}` },
    ];
    for (const network of networks)
      expect(check(good, network)).toMatchObject({ ok: false, refusal: { code: 'forged' } });
    const otherRules = {
      ...examplePolicy,
      roles: { ...examplePolicy.roles, semantic: policyRequiring().roles.semantic },
    };
    expect(check(good, example.network, otherRules)).toMatchObject({ ok: false, refusal: { code: 'wrong-method' } });
  });
});
