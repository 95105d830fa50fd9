import { describe, expect, it } from 'vitest';
import { decodeMessage, encodeMessage } from '../encoding/decode.ts';
import { limits } from '../limits.ts';
import { exampleKey, exampleNetwork, exampleObservation, exampleTask } from '../network/example-network.ts';
import { signDigest } from '../signature/signature.ts';
import {
  checkEvidence,
  type Evidence,
  type EvidenceItem,
  evidenceSchema,
  evidenceSigned,
  unsignedEvidence,
} from './evidence.ts';

const example = exampleNetwork();
const { task } = exampleTask();
const observation = exampleObservation(example, task, 'semantic', 0);
const domain = example.network;
const count = task.submissions.length;
const item: EvidenceItem = { kind: 'number-conflict', strength: 9_000, threshold: 5_000, against: '1986 against 1989' };
const key = example.operators[0]?.privateKey ?? exampleKey(1);

/** Evidence of the observation, signed. */
function evidence(changes: Partial<Evidence> = {}, privateKey = key): Evidence {
  const unsigned = unsignedEvidence(observation, [
    { score: 10_000, flags: 0 },
    { score: 0, flags: 0, evidence: [item] },
  ]);
  if (unsigned === undefined) throw new RangeError('There is evidence.');
  const changed = { ...unsigned, ...changes };
  return { ...changed, signature: signDigest(evidenceSigned(domain, changed).digest, privateKey) };
}

describe('evidence', () => {
  it('is of the operator whose observation it names', () => {
    const read = decodeMessage(evidenceSchema, encodeMessage(evidence()));
    expect(read.ok && checkEvidence(domain, observation, count, read.value)).toMatchObject({ ok: true });
    expect(read.ok && read.value.items).toEqual([[], [item]]);
  });

  it.each([
    ['forged', evidence({}, exampleKey(99))],
    ['forged', { ...evidence(), items: [[item], []] }],
    ['wrong-evidence', evidence({ items: [[item]] })],
    ['wrong-evidence', evidence({ observation: `0x${'00'.repeat(32)}` })],
  ])('is refused: %s (case %#)', (code, stated) => {
    expect(checkEvidence(domain, observation, count, stated)).toMatchObject({ ok: false, refusal: { code } });
  });

  it('is bound to the observation as it was signed, and to the hub', () => {
    const other = exampleObservation(example, exampleTask({ reference: 'other' }).task, 'semantic', 0);
    expect(checkEvidence(domain, other, count, evidence()).ok).toBe(false);
    expect(checkEvidence({ ...domain, hub: `0x${'cd'.repeat(20)}` }, observation, count, evidence()).ok).toBe(false);
  });

  it('is nothing where everything is accepted', () => {
    expect(
      unsignedEvidence(observation, [
        { score: 10_000, flags: 0 },
        { score: 9_000, flags: 0 },
      ]),
    ).toBeUndefined();
  });

  it('fits its stream, whatever was found', () => {
    const long: EvidenceItem = { kind: 'missing', against: '\u2028'.repeat(limits.evidenceCharsMax) };
    const measured = Array.from({ length: limits.submissionsMax }, () => ({
      score: 0,
      flags: 0,
      evidence: Array.from({ length: limits.evidenceItemsMax }, () => long),
    }));
    const unsigned = unsignedEvidence(observation, measured);
    const message = encodeMessage({ ...unsigned, signature: evidence().signature });
    expect(message.length).toBeLessThanOrEqual(limits.evidenceBytesMax);
    expect(unsigned?.items.every((items) => items.length > 0)).toBe(true);
    expect(decodeMessage(evidenceSchema, message).ok).toBe(true);
  });
});
