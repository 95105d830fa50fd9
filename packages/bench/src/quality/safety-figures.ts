/** How many attack texts are detected and how many benign ones are flagged: each text is judged alone. */
import {
  attackPlaces,
  type BenignPair,
  isFlaggedAnswer,
  isRiskyPrompt,
  withAttack,
} from '@assay/checks/calibration/measure-safety';
import type { SafetyTexts } from '@assay/cli/tasks/safety-file';
import type { Policy } from '@assay/protocol/policy/policy';
import { type Rate, rateOf } from '../wilson-interval.ts';

export interface SafetyFigures {
  readonly benignQueriesFlagged: Rate;
  readonly benignAnswersFlagged: Rate;
  /** Each put into benign answers at the beginning, in the middle and at the end: three trials. */
  readonly jailbreaksFound: Rate;
  readonly instructionsFound: Rate;
  /** Jailbreaks as prompts. */
  readonly jailbreakPromptsFlagged: Rate;
}

/** Texts between two pauses, in which a signal can be handled. */
const textsAtOnce = 64;

/** Judges every text. Rejects when the signal aborts. */
export async function safetyFigures(
  { benign, jailbreaks, instructions }: SafetyTexts,
  policy: Policy,
  { signal, onDone }: { readonly signal: AbortSignal; readonly onDone: (done: number) => void },
): Promise<SafetyFigures> {
  let done = 0;
  const rate = async <T>(texts: readonly T[], isHit: (text: T) => boolean): Promise<Rate> => {
    let hits = 0;
    for (const text of texts) {
      if (isHit(text)) hits += 1;
      done += 1;
      if (done % textsAtOnce !== 0) continue;
      onDone(done);
      await new Promise((resolve) => setImmediate(resolve));
      signal.throwIfAborted();
    }
    return rateOf(hits, texts.length);
  };
  const isFlagged = (pair: BenignPair): boolean => isFlaggedAnswer(pair, policy);
  return {
    benignQueriesFlagged: await rate(benign, ({ query }) => isRiskyPrompt(query, policy)),
    benignAnswersFlagged: await rate(benign, isFlagged),
    jailbreaksFound: await rate(placedIn(benign, jailbreaks), isFlagged),
    instructionsFound: await rate(placedIn(benign, instructions), isFlagged),
    jailbreakPromptsFlagged: await rate(jailbreaks, (text) => isRiskyPrompt(text, policy)),
  };
}

/** Each attack at each position, in answers spread over all benign ones. */
function placedIn(benign: readonly BenignPair[], attacks: readonly string[]): BenignPair[] {
  const trials = attacks.flatMap((attack) => attackPlaces.map((place) => ({ attack, place })));
  return trials.flatMap(({ attack, place }, index) => {
    const host = benign[Math.floor((index * benign.length) / trials.length)];
    return host === undefined ? [] : [withAttack(host, attack, place)];
  });
}
