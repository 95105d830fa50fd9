/**
 * A policy's calibration record: the data that its numbers were fitted to, and its errors. Nothing is computed from it.
 * It is hashed with the policy, so operators who agree on a policy agree on its claims. The method digests leave it
 * out. Integers only: shares are in millionths.
 */
import { z } from 'zod';
import { digestSchema } from '../encoding/fields.ts';
import { limits } from '../limits.ts';

const count = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
const millionths = z.int().min(0).max(1_000_000);

/** Wrong verdicts of a kind, with the 95 % interval of their share (Wilson, 1927). */
const rateSchema = z.strictObject({ wrong: count, of: count, lowPpm: millionths, highPpm: millionths });

const errorsSchema = z.strictObject({
  /** Attacks that were accepted. */
  falseAccept: rateSchema,
  /** Honest submissions that were rejected. */
  falseReject: rateSchema,
  /** The same for each label: accepted attacks, rejected honest submissions. */
  labels: z
    .record(z.string().min(1).max(limits.labelCharsMax), z.strictObject({ wrong: count, of: count }))
    .refine((all) => Object.keys(all).length <= limits.calibrationLabelsMax, { error: 'has too many labels' }),
  /**
   * AUC: probability that a right answer of the judged data has a higher agreement score than a wrong one; absent
   * without such data.
   */
  agreementAucPpm: millionths.optional(),
});

/** Schema of a policy's `calibration`. */
export const calibrationSchema = z.strictObject({
  /** The share of honest submissions that was allowed to be rejected, in each data file. */
  falseRejectPpm: millionths,
  /** The share that the borders of long answers together, and those of short ones, were allowed to leave undecided. */
  undecidedPpm: millionths.optional(),
  data: z
    .array(
      z.strictObject({
        /** The file's name without its folder. */
        name: z.string().min(1).max(limits.dataFileNameCharsMax),
        /** SHA-256 over the file's bytes. */
        sha256: digestSchema,
        /** `attacks` fits the thresholds and the contradiction head, `judged` the agreement head. */
        use: z.enum(['attacks', 'judged']),
        tasks: count,
        submissions: count,
      }),
    )
    .min(1)
    .max(limits.calibrationFilesMax),
  /** `kept`: the data had no examples for it, so the coefficients are those of the starting policy. */
  heads: z.strictObject({ agreement: z.enum(['fitted', 'kept']), contradiction: z.enum(['fitted', 'kept']) }),
  /** In sample: on the data that it was fitted to. Lower than the errors on other data. */
  inSample: errorsSchema,
  /** Cross-validated: each of `folds` folds is judged by heads and thresholds fitted to the others. */
  expected: errorsSchema,
  folds: z.int().min(2).max(20),
});

/** Provenance of a calibrated policy. */
export type CalibrationRecord = z.infer<typeof calibrationSchema>;
/** Measured errors, as a policy states them. */
export type StatedErrors = CalibrationRecord['expected'];
