/** Instructions of a text to a model or judge, by both scans. */
import { type CueScan, type Excuse, excusedByMost, excusedByTwo, injectionEvidence } from '../safety/injection.ts';
import { type SafetyFinding, type SafetyScan, safetyFindings } from '../safety/safety.ts';
import type { SemanticThresholds } from './semantic-thresholds.ts';

/** What both scans found in a text. */
export interface SteeringReading {
  readonly cues: CueScan;
  readonly safety: SafetyScan;
}

/** An offset in a text's normal form, UTF-16 units, and the finding there. */
export interface FoundPlace {
  readonly what: string;
  readonly start: number;
  readonly end: number;
}

/** Basis points. */
type SteeringEvidence = Readonly<Record<'injection' | 'judge' | 'exfiltration' | 'foreign', number>>;

/** What two others say too is excused in `evidence`, which decides on flags; what most others say, in `contested`. */
export interface Steering {
  readonly evidence: SteeringEvidence;
  readonly contested: SteeringEvidence;
  readonly places: readonly FoundPlace[];
}

/** Compares a text's instructions with those of the prompt and of the other submissions, in any order. */
export function steeringOf(
  own: SteeringReading,
  prompt: SteeringReading,
  others: readonly SteeringReading[],
): Steering {
  const { evidence, places } = foundIn(own, prompt, others, excusedByTwo);
  return { evidence, contested: foundIn(own, prompt, others, excusedByMost).evidence, places };
}

function foundIn(
  own: SteeringReading,
  prompt: SteeringReading,
  others: readonly SteeringReading[],
  excuse: Excuse,
): Omit<Steering, 'contested'> {
  const cues = injectionEvidence(
    own.cues,
    prompt.cues,
    others.map((other) => other.cues),
    excuse,
  );
  const findings = safetyFindings(
    own.safety,
    prompt.safety,
    others.map((other) => other.safety),
    excuse,
  );
  const strongest = (kinds: readonly SafetyFinding['kind'][]): number =>
    Math.max(0, ...findings.filter(({ kind }) => kinds.includes(kind)).map(({ evidence }) => evidence));
  const places = findings.map(({ kind, start, end }) => ({ what: kind, start, end }));
  const judge = cues.offset < 0 ? [] : [{ what: 'injection', start: cues.offset, end: cues.offset }];
  return {
    evidence: {
      injection: Math.max(cues.injection, strongest(['jailbreak', 'reply-order', 'override', 'encoded'])),
      judge: cues.aimedAtJudge,
      exfiltration: strongest(['exfiltration']),
      foreign: strongest(['foreign-request']),
    },
    places: [...judge, ...places].sort((a, b) => a.start - b.start),
  };
}

/**
 * Whether a text instructs a model or a judge as hardly any other does: then it is not accepted, and what it states is
 * heard by nobody.
 */
export function isSteering(steering: Steering | undefined, thresholds: SemanticThresholds): boolean {
  const { injection = 0, judge = 0, exfiltration = 0, foreign = 0 } = steering?.contested ?? {};
  return (
    injection >= thresholds.injectionMin ||
    judge >= thresholds.aimedAtJudgeMin ||
    exfiltration >= thresholds.exfiltrationMin ||
    foreign >= thresholds.foreignRequestMin
  );
}
