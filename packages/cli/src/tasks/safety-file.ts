/** A file of attack texts and benign texts: one JSON object a line. */

import type { BenignPair } from '@assay/checks/calibration/measure-safety';
import { limits } from '@assay/protocol/limits';
import { z } from 'zod';
import { UsageError } from '../commands/usage-error.ts';
import { type DataFile, shapedLine } from './data-file.ts';

const safetyTextSchema = z.object({
  text: z.string().min(1).max(limits.outputBytesMax),
  label: z.enum(['attack', 'embedded_instruction', 'benign']),
  /** For a benign text: `query`, or `answer` after its query. */
  kind: z.string().min(1).max(limits.labelCharsMax).optional(),
});

/** The content of such a file. */
export interface SafetyTexts {
  readonly benign: readonly BenignPair[];
  /** Texts that tell a model to drop its rules. */
  readonly jailbreaks: readonly string[];
  /** Instructions embedded in content. */
  readonly instructions: readonly string[];
}

/** True for a file of texts, false for one of tasks. */
export function isSafetyFile({ lines }: DataFile): boolean {
  const [first] = lines;
  return typeof first?.value === 'object' && first.value !== null && 'text' in first.value;
}

/** The texts of a file. Throws {@link UsageError} that names the line, or the missing field. */
export function safetyTextsOf({ file, lines }: DataFile): SafetyTexts {
  const texts = lines.map(({ where, value }) => ({ where, ...shapedLine(safetyTextSchema, where, value) }));
  const benign = texts.filter(({ label }) => label === 'benign');
  const pairs = benign.flatMap(({ kind, text, where }, index): BenignPair[] => {
    if (kind === 'query') return [];
    const query = benign[index - 1];
    if (kind === 'answer' && query?.kind === 'query') return [{ query: query.text, answer: text }];
    throw new UsageError(`${where}: a benign text must be of the kind "query", or "answer" behind its query.`);
  });
  if (pairs.length === 0) throw new UsageError(`${file} has no benign query with its answer.`);
  const of = (label: string): string[] => texts.filter((one) => one.label === label).map(({ text }) => text);
  return { benign: pairs, jailbreaks: of('attack'), instructions: of('embedded_instruction') };
}
