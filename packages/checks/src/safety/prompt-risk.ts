/** Risk score of a prompt, for callers. It rejects no honest answer. */
import { languageOf } from '../form/language.ts';
import { profileOf } from '../text/text-profile.ts';
import { type SafetyFinding, safetyFindings, scanSafety } from './safety.ts';

/** The risk of a prompt, and the findings with their offsets. */
export interface PromptRisk {
  /** 0 (nothing) … 10,000. */
  readonly score: number;
  /** Strongest first; offsets are UTF-16 units of the prompt's normal form. */
  readonly findings: readonly SafetyFinding[];
  /** ISO 639-1; undefined if the prompt is too short. */
  readonly language: string | undefined;
}

/**
 * A prompt may say how to answer, ask for several things and contain an image, so these signs of injection in an answer
 * do not count in a prompt.
 */
const usualInPrompts: ReadonlySet<SafetyFinding['kind']> = new Set(['reply-order', 'foreign-request', 'exfiltration']);

/** The risk of a prompt alone. Pure, total, linear. */
export function promptRisk(prompt: string): PromptRisk {
  const profile = profileOf(prompt);
  const findings = safetyFindings(scanSafety(profile))
    .filter((finding) => !usualInPrompts.has(finding.kind))
    .sort((a, b) => b.evidence - a.evidence || a.start - b.start);
  const hidden = Math.min(4_000, profile.hiddenCount * 500);
  return { score: Math.max(findings[0]?.evidence ?? 0, hidden), findings, language: languageOf(profile.text) };
}
