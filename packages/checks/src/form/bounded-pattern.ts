/** Regular expressions of strangers, matched by RE2 in time that is linear in the text: none of them can take long. */
import { RE2JS } from 're2js';

/** UTF-16 units of a pattern, and instructions that it becomes: time for a text is proportional to them. */
const patternCharsMax = 256;
const instructionsMax = 2_500;

/** A pattern to test texts with. */
export interface BoundedPattern {
  test(text: string): boolean;
  /** Different for different patterns: validators keep patterns by it. */
  toString(): string;
}

/** Compiles a pattern in JavaScript's syntax. Throws a RangeError or a syntax error for one that RE2 cannot match: look-around, back references. */
export function boundedPattern(source: string): BoundedPattern {
  if (source.length > patternCharsMax) throw new RangeError(`A pattern may have ${patternCharsMax} characters.`);
  const compiled = RE2JS.compile(RE2JS.translateRegExp(source));
  if (compiled.programSize() > instructionsMax) throw new RangeError('A pattern repeats its parts too often.');
  return { test: (text) => compiled.matcher(text).find(), toString: () => `/${source}/` };
}
