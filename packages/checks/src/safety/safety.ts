/**
 * Detects texts that try to steer a model that reads them. Signs are weighed by families: one alone may be a figure of
 * speech, several close together show intent. Signs that the prompt or two other submissions also have are excused.
 */

import { type Sentence, sentencesOf } from '../text/sentences.ts';
import { profileOf, type TextProfile } from '../text/text-profile.ts';
import { decodedTexts } from './encoded-text.ts';
import { type Excuse, excusedByTwo } from './injection.ts';
import { questionOpening, replyOrders, requestOpening, type SafetyFamily, safetyCues } from './safety-lexicon.ts';

/** One finding. Offsets are UTF-16 units of the text's normal form. */
export interface SafetyFinding {
  readonly kind: 'jailbreak' | 'reply-order' | 'override' | 'foreign-request' | 'encoded' | 'exfiltration';
  /** 0 … 10,000. */
  readonly evidence: number;
  readonly start: number;
  readonly end: number;
}

/** The signs in one text. */
export interface SafetyScan {
  readonly cues: readonly SafetyCue[];
  readonly requests: readonly Sentence[];
  readonly decoded: readonly SafetyFinding[];
  readonly links: readonly SafetyLink[];
  readonly sentenceCount: number;
  readonly stemCounts: ReadonlyMap<string, number>;
}

interface SafetyCue {
  readonly family: SafetyFamily | 'reply-order';
  readonly words: string;
  readonly start: number;
  readonly end: number;
}

interface SafetyLink {
  readonly host: string;
  readonly start: number;
  readonly end: number;
}

const windowChars = 600;
const cuesMax = 2_000;
const requestsMax = 3;
const imageWithData =
  /!\[[^\]\n]{0,200}\]\(\s{0,3}https?:\/\/([^/\s)?]{1,200})[^\s)]{0,300}\?[^\s)]{0,300}=|<img[^>\n]{0,200}src=["']?https?:\/\/([^/\s"'?]{1,200})[^\s"'>]{0,300}\?[^\s"'>]{0,300}=/giu;

/** Finds the signs in a text. Linear: every pattern is bounded. */
export function scanSafety(profile: TextProfile): SafetyScan {
  const plain = lowered(profile.text);
  const cues: SafetyCue[] = [];
  const take = (family: SafetyCue['family'], patterns: readonly RegExp[]): void => {
    for (const pattern of patterns)
      for (const match of plain.matchAll(pattern)) {
        if (cues.length >= cuesMax) return;
        cues.push({ family, words: match[0], start: match.index, end: match.index + match[0].length });
      }
  };
  for (const family of Object.keys(safetyCues) as SafetyFamily[]) take(family, safetyCues[family]);
  take('reply-order', replyOrders);
  const sentences = sentencesOf(profile);
  const stemCounts = new Map<string, number>();
  for (const { stems } of sentences) for (const stem of stems) stemCounts.set(stem, (stemCounts.get(stem) ?? 0) + 1);
  const requests = sentences.filter(
    ({ text, stems, start }) =>
      stems.size > 0 &&
      (requestOpening.test(text) || questionOpening.test(text)) &&
      !speaksToPerson(text) &&
      !isListed(profile.text, start),
  );
  const links = [...profile.text.matchAll(imageWithData)].map((match) => ({
    host: (match[1] ?? match[2] ?? '').toLowerCase(),
    start: match.index,
    end: match.index + match[0].length,
  }));
  return { cues, requests, links, decoded: decodedFindings(profile), sentenceCount: sentences.length, stemCounts };
}

/** What is quoted in a sentence. */
const quotation = /(?<![\p{L}\p{N}])["“'‘«][^"“”«»\n]{1,200}?["”'’»](?![\p{L}\p{N}])/gu;
/** How a request addresses whoever reads it, and "how do you say", which means anybody. */
const addressing =
  /^\W*(?:(?:can|could|would|will) you|i (?:want|need|would like) you to|how (?:do|can|would) you)\b/iu;

/** True for a sentence about its reader's own matters ("your home", "which time you'd prefer"), as in letters. */
function speaksToPerson(sentence: string): boolean {
  return /\byou(?:r|'d|'re|'ll)?\b/iu.test(sentence.replaceAll(quotation, '').replace(addressing, ''));
}

/** True for a sentence directly after a list bullet. */
function isListed(text: string, start: number): boolean {
  const before = text.slice(Math.max(0, start - 12), start);
  return /(?:^|\n)\s*(?:[-*+•·|]+|\p{N}{1,3}[.):]|\p{L}[.):])\s*["“*_]*$/u.test(before);
}

/**
 * Compares the signs of a text with those of its prompt and of the other submissions. Returns the strongest of each
 * kind.
 */
export function safetyFindings(
  own: SafetyScan,
  prompt?: SafetyScan,
  peers: readonly SafetyScan[] = [],
  excuse: Excuse = excusedByTwo,
): SafetyFinding[] {
  const isExcused = (has: (other: SafetyScan) => boolean): boolean =>
    (prompt !== undefined && has(prompt)) || excuse(peers.filter(has).length, peers.length);
  const cues = own.cues.filter((cue) => !isExcused((other) => other.cues.some((one) => one.words === cue.words)));
  const links = own.links.filter((link) => !isExcused((other) => other.links.some((one) => one.host === link.host)));
  const found: (SafetyFinding | undefined)[] = [
    strongestWindow(cues),
    first(cues, 'override', 'override', 9_000),
    first(cues, 'reply-order', 'reply-order', 8_500),
    foreignRequest(own, prompt, peers),
    own.decoded[0],
    links[0] === undefined
      ? undefined
      : { kind: 'exfiltration', evidence: 8_500, start: links[0].start, end: links[0].end },
  ];
  return found.flatMap((finding) => finding ?? []);
}

function first(
  cues: readonly SafetyCue[],
  family: SafetyCue['family'],
  kind: SafetyFinding['kind'],
  evidence: number,
): SafetyFinding | undefined {
  const cue = cues.filter((one) => one.family === family).sort((a, b) => a.start - b.start)[0];
  return cue === undefined ? undefined : { kind, evidence, start: cue.start, end: cue.end };
}

/** The window with the most different signs: a lifted restriction and two other families, or three lifted restrictions. */
function strongestWindow(cues: readonly SafetyCue[]): SafetyFinding | undefined {
  const sorted = cues.filter((cue) => cue.family !== 'reply-order').sort((a, b) => a.start - b.start);
  let best: SafetyFinding | undefined;
  let from = 0;
  const inside = new Map<string, number>();
  const families = new Map<string, Map<string, number>>();
  const change = (cue: SafetyCue, by: number): void => {
    const words = families.get(cue.family) ?? new Map<string, number>();
    const count = (words.get(cue.words) ?? 0) + by;
    if (count <= 0) words.delete(cue.words);
    else words.set(cue.words, count);
    families.set(cue.family, words);
    inside.set(cue.family, words.size);
  };
  for (const cue of sorted) {
    change(cue, 1);
    while (from < sorted.length && (sorted[from]?.start ?? cue.start) < cue.start - windowChars)
      change(sorted[from++] as SafetyCue, -1);
    const lifted = inside.get('unrestricted') ?? 0;
    const kinds = ['persona', 'reply-control', 'addresses-model', 'override'].filter(
      (family) => (inside.get(family) ?? 0) > 0,
    ).length;
    const evidence = jailbreakEvidence(lifted, kinds);
    if (evidence > (best?.evidence ?? 0))
      best = { kind: 'jailbreak', evidence, start: sorted[from]?.start ?? cue.start, end: cue.end };
  }
  return best;
}

/** From lifted restrictions and the number of other families in one window. */
function jailbreakEvidence(lifted: number, kinds: number): number {
  if (lifted >= 1 && kinds >= 3) return 9_500;
  if (lifted >= 2 && kinds >= 2) return 9_000;
  if (lifted >= 3 && kinds >= 1) return 8_500;
  return lifted >= 1 && kinds >= 2 ? 7_000 : 0;
}

/**
 * A request or a question that has (nearly) no word in common with the prompt, the rest of the text or the other
 * submissions. A text with several requests is a list (exercises, interview questions), and none of them counts.
 */
function foreignRequest(
  own: SafetyScan,
  prompt: SafetyScan | undefined,
  peers: readonly SafetyScan[],
): SafetyFinding | undefined {
  if (own.requests.length === 0 || own.requests.length > requestsMax || own.sentenceCount < 3) return undefined;
  if (own.requests.length * 3 > own.sentenceCount) return undefined;
  for (const { stems, start, end } of own.requests) {
    const known = (stem: string): boolean =>
      (own.stemCounts.get(stem) ?? 0) > 1 ||
      prompt?.stemCounts.has(stem) === true ||
      peers.some((peer) => peer.stemCounts.has(stem));
    if (stems.size >= 2 && [...stems].filter(known).length * 4 <= stems.size)
      return { kind: 'foreign-request', evidence: 7_000, start, end };
  }
  return undefined;
}

/** Attacks hidden in base64, hex or ROT13. */
function decodedFindings(profile: TextProfile): SafetyFinding[] {
  return decodedTexts(profile.text).flatMap(({ text, start, end }) => {
    const plain = lowered(text);
    const isAttack = [...safetyCues.override, ...replyOrders].some((pattern) => plain.match(pattern) !== null);
    const families = (Object.keys(safetyCues) as SafetyFamily[]).filter((family) =>
      safetyCues[family].some((pattern) => plain.match(pattern) !== null),
    );
    return isAttack || families.length >= 3 ? [{ kind: 'encoded' as const, evidence: 9_500, start, end }] : [];
  });
}

/** Lower case with unchanged offsets; curly apostrophes become straight. */
function lowered(text: string): string {
  const plain = text.replaceAll('’', "'").replaceAll('“', '"').replaceAll('”', '"');
  const lower = plain.toLowerCase();
  return lower.length === plain.length ? lower : plain;
}

/** The findings in a text alone. */
export function safetyOf(text: string): SafetyFinding[] {
  return safetyFindings(scanSafety(profileOf(text)));
}
