/** Words for people: checks compare stems, readers know words as they are written. */
import type { TextProfile } from './text-profile.ts';

const word = /[\p{L}\p{N}\p{M}]+/gu;

/** A phrase with each stem in it replaced by the first word of these texts that has this stem; others stay. */
export function asWritten(phrase: string, texts: readonly TextProfile[]): string {
  return phrase.replaceAll(word, (stem) => writtenFor(stem, texts) ?? stem);
}

function writtenFor(stem: string, texts: readonly TextProfile[]): string | undefined {
  for (const { tokens } of texts) {
    const found = tokens.find((token) => token.stem === stem || token.lower === stem);
    if (found !== undefined) return found.written;
  }
  return undefined;
}
