/**
 * What an operator's check saw behind its measurements: kinds, strengths, places in the text, the words that it stands
 * against. It is signed apart from the observation, which it names by digest: nothing is decided by it, so two honest
 * operators may differ in it, and a false one changes no verdict.
 */
import { z } from 'zod';
import type { Hex } from '../encoding/bytes.ts';
import { canonicalDigest } from '../encoding/canonical.ts';
import { addressSchema, digestSchema, roleSchema, signatureSchema, textSchema } from '../encoding/fields.ts';
import { limits } from '../limits.ts';
import { accepted, type Checked, refused } from '../refusal.ts';
import type { ToSign } from '../signature/eip712.ts';
import { recoverSigner } from '../signature/signature.ts';
import { evidenceToSign, type SigningDomain } from '../signature/typed-data.ts';
import { type Measurement, scoreMax } from './measurement.ts';
import type { Observation } from './observation.ts';

const strengthSchema = z.int().min(0).max(scoreMax);
const offsetSchema = z.int().min(0).max(limits.outputBytesMax);

/** Schema of one piece of evidence against a submission. Strengths are basis points, offsets UTF-16 units of the output. */
export const evidenceItemSchema = z.strictObject({
  /** A flag of the role, or a feature of its check. */
  kind: z
    .string()
    .max(limits.evidenceKindCharsMax)
    .regex(/^[A-Za-z0-9]+(-[A-Za-z0-9]+)*$/, 'may have letters, digits and single hyphens only'),
  /** How strong it is; or the feature's share of what speaks against the submission. */
  strength: strengthSchema.optional(),
  /** The strength from which on it counts. */
  threshold: strengthSchema.optional(),
  start: offsetSchema.optional(),
  end: offsetSchema.optional(),
  /** Words, digests or values that stand against each other. */
  against: textSchema.max(limits.evidenceCharsMax).optional(),
});

export type EvidenceItem = z.infer<typeof evidenceItemSchema>;

/** A measurement, with what is behind it where it is not accepted. */
export interface Measured extends Measurement {
  readonly evidence?: readonly EvidenceItem[];
}

/** Schema of the evidence on each submission of a task, in order; empty for one that is accepted. */
export const evidenceItemsSchema = z
  .array(z.array(evidenceItemSchema).max(limits.evidenceItemsMax))
  .min(1)
  .max(limits.submissionsMax);

/** Schema of an operator's evidence on the bus. */
export const evidenceSchema = z.strictObject({
  taskId: digestSchema,
  role: roleSchema,
  operator: addressSchema,
  /** Digest of the observation with its signature. */
  observation: digestSchema,
  items: evidenceItemsSchema,
  signature: signatureSchema,
});

export type Evidence = z.infer<typeof evidenceSchema>;

/** The digest by which evidence names its observation, 32 bytes. It covers the operator's signature. */
function observationName(observation: Observation): Hex {
  return canonicalDigest('assay observation v1', observation);
}

/** What an operator signs of its evidence. */
export function evidenceSigned(
  domain: SigningDomain,
  { observation, items }: Pick<Evidence, 'observation' | 'items'>,
): ToSign {
  return evidenceToSign(domain, { observation, items: canonicalDigest('assay evidence v1', items) });
}

/** Evidence that is not signed yet; undefined where there is none. Too much of it is left out, the later pieces first. */
export function unsignedEvidence(
  observation: Observation,
  measured: readonly Measured[],
): Omit<Evidence, 'signature'> | undefined {
  const { taskId, role, operator } = observation;
  for (let most: number = limits.evidenceItemsMax; most > 0; most--) {
    const items = measured.map(({ evidence = [] }) => evidence.slice(0, most));
    if (items.every((one) => one.length === 0)) return undefined;
    const bytes = new TextEncoder().encode(JSON.stringify(items)).length;
    if (bytes <= limits.evidenceBytesMax - bytesBeside)
      return { taskId, role, operator, observation: observationName(observation), items };
  }
  return undefined;
}

/** Bytes of a message of evidence beside its items, at most. */
const bytesBeside = 1_024;

/** Whether evidence is the operator's own for an observation of a task with so many submissions. */
export function checkEvidence(
  domain: SigningDomain,
  observation: Observation,
  submissions: number,
  evidence: Evidence,
): Checked<Evidence> {
  if (evidence.observation !== observationName(observation))
    return refused('wrong-evidence', 'The evidence names another observation.', 'observation');
  if (evidence.items.length !== submissions)
    return refused('wrong-evidence', `There must be evidence for ${submissions} submissions.`, 'items');
  if (recoverSigner(evidenceSigned(domain, evidence).digest, evidence.signature) !== observation.operator)
    return refused('forged', `The evidence is not signed by ${observation.operator}.`, 'signature');
  return accepted(evidence);
}
