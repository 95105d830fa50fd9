/**
 * The definition of a role: everything that honest parties must agree on about it. Each role is one value of this type,
 * in its own file.
 */
import type { z } from 'zod';
import type { ContentProblem } from '../task/task-content.ts';

/** One finding that a check can report about a submission besides its score. */
export interface FlagDefinition {
  /** Its bit in the flag word, 0 to 31. Flag words are signed, so a used bit is never given to another flag. */
  readonly bit: number;
  /** What is true of the submission when the flag is set, in one sentence. */
  readonly says: string;
  /**
   * `finding`: a policy may reject or abstain for it. `note`: it only informs; no policy may vote by it. Only flags that
   * vote are slashable.
   */
  readonly kind: 'finding' | 'note';
}

/** A role as the protocol knows it: schemas, flag words, policies, subjects, permissions and manifests follow from it. */
export interface RoleDefinition {
  /** Its name in messages, subjects, policies and reports: lower-case letters and `-`. */
  readonly name: string;
  /** Its number in signed data. Never renumbered; equal to its index in the list of roles. */
  readonly index: number;
  /** The service that is a validator of this role: a folder of `services/`. */
  readonly service: string;
  /** The question that the role answers about a submission, in one sentence. */
  readonly asks: string;
  /** True when its results depend on the policy's pinned model: the method digest then names that model. */
  readonly usesModel: boolean;
  /** True when every policy must have rules for it; false: a policy without such rules does not use the role. */
  readonly inEveryPolicy: boolean;
  /**
   * True for the scores that contracts read from a report (`ReportResults.sol` has room for three). Scores of the others are
   * stated in the certified report and follow from its signed observations.
   */
  readonly scoreOnChain: boolean;
  readonly flags: Readonly<Record<string, FlagDefinition>>;
  /** The fields of a policy for this role, besides those of every role: a Zod shape. Part of the method digest. */
  readonly rules: Readonly<Record<string, z.ZodType>>;
}

/** A role's definition with the exact types of its names. Throws on bits that are out of range or used twice. */
export function defineRole<const Definition extends RoleDefinition>(definition: Definition): Definition {
  const bits = Object.values<FlagDefinition>(definition.flags).map(({ bit }) => bit);
  if (bits.some((bit) => !Number.isInteger(bit) || bit < 0 || bit > 31))
    throw new RangeError(`The role ${definition.name} has a flag outside of bits 0 to 31.`);
  if (new Set(bits).size !== bits.length) throw new RangeError(`The role ${definition.name} uses a bit twice.`);
  return definition;
}

/** A flag that a policy may reject or abstain for. */
export function finding(bit: number, says: string): FlagDefinition {
  return { bit, says, kind: 'finding' };
}

/** A flag that only informs. */
export function note(bit: number, says: string): FlagDefinition {
  return { bit, says, kind: 'note' };
}

/** The flags of a submission that was not judged, which every role has; `bits` are the role's own bits for them. */
export function contentFlags(bits: {
  readonly missing: number;
  readonly mismatch: number;
  readonly unsealed: number;
  readonly locked: number;
  readonly incomplete: number;
  readonly unobserved: number;
}): Readonly<Record<ContentProblem | 'not-observed', FlagDefinition>> {
  return {
    'not-observed': note(bits.unobserved, 'Its operator had not observed it when it was asked after the deadline.'),
    'content-missing': finding(bits.missing, 'Its content is not in the store.'),
    'cid-mismatch': finding(bits.mismatch, 'Its content does not hash to its CID.'),
    'seal-invalid': finding(bits.unsealed, 'The key that was granted for it does not open its content.'),
    'key-unavailable': finding(
      bits.locked,
      'No key was granted for it: it is not sealed, or its session is closed, expired or not known.',
    ),
    'task-incomplete': finding(
      bits.incomplete,
      'The prompt or another submission of its task is not available, so it cannot be compared.',
    ),
  };
}
