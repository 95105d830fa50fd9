/** What each label of calibration data is good for. */

/** The label of an answer that should be accepted. */
export const honestLabel = 'honest';

/** An answer that people judged wrong. Such data fits the agreement head: no rule finds every mistake. */
export const wrongAnswerLabel = 'wrong_answer';

/** A fact that was swapped in an otherwise good answer: these fit the contradiction head, beside the honest answers. */
const swappedFactLabels = ['wrong_number', 'wrong_name', 'negation'] as const;

/** Answers that are about something else, all or in part: these fit the embedding role's model, beside the honest answers. */
const foreignTextLabels = ['swapped', 'padded', 'copied_half', 'filler', 'null_model'] as const;

/** Answers of which a part is missing: these fit the embedding role's model too. */
const incompleteLabels = ['half', 'truncated'] as const;

/** A fact that was changed in a long answer, with those above: these fit the semantic role's model on aligned facts. */
const changedFactLabels = ['number_changed', 'name_changed', 'negated', ...swappedFactLabels] as const;

/** Attacks that are known by name. Other names are attacks only where a person says so. */
export const knownAttackLabels = [
  ...swappedFactLabels,
  ...foreignTextLabels,
  ...incompleteLabels,
  'negated',
  'number_changed',
  'name_changed',
  'shuffled',
  'echo',
  'repetition',
  'refusal',
  'injection',
  'tampered_commitment',
] as const;

/** `judged`: right and wrong answers to questions. `attacks`: honest answers and attacks. */
export type DataUse = 'judged' | 'attacks';

/** How the labels of a data file are to be used, or why they cannot be. */
export type LabelReading =
  | { readonly ok: true; readonly use: DataUse }
  | { readonly ok: false; readonly label: string; readonly why: 'unknown' | 'mixed' | 'none' };

/** Reads what a data file is for from its labels. `attacks` are further names of attacks. */
export function useOf(labels: Iterable<string>, attacks: readonly string[] = []): LabelReading {
  const all = [...new Set(labels)].sort();
  if (all.length === 0) return { ok: false, label: '', why: 'none' };
  const known = new Set<string>([...knownAttackLabels, ...attacks]);
  const isBasic = (label: string): boolean => label === honestLabel || label === wrongAnswerLabel;
  const unknown = all.find((label) => !isBasic(label) && !known.has(label));
  if (unknown !== undefined) return { ok: false, label: unknown, why: 'unknown' };
  if (!all.includes(wrongAnswerLabel)) return { ok: true, use: 'attacks' };
  const other = all.find((label) => !isBasic(label));
  return other === undefined ? { ok: true, use: 'judged' } : { ok: false, label: other, why: 'mixed' };
}

/** True for a label whose answers are about something else, all or in part. */
export function isForeignText(label: string): boolean {
  return (foreignTextLabels as readonly string[]).includes(label);
}

/** True for a label whose answers lack a part. */
export function isIncomplete(label: string): boolean {
  return (incompleteLabels as readonly string[]).includes(label);
}

/** True for a label whose answers state one fact otherwise. */
export function isChangedFact(label: string): boolean {
  return (changedFactLabels as readonly string[]).includes(label);
}

/** True for a label whose answers contradict the honest ones beside them. */
export function isSwappedFact(label: string): boolean {
  return (swappedFactLabels as readonly string[]).includes(label);
}
