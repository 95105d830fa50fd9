/** Detects texts without specific content. */
import type { TextProfile } from '../text/text-profile.ts';

/** Stems of words that fit any topic, in the languages of the function words (see `stemOf`: six letters, no accents). */
const anywhere = new Set(
  `many thing aspect differ variou factor contex situat perspe point view opinio approa angle topic subjec questi interes
   import depend consid matter people person peopl someth everyt everyo anythi genera overal good great best useful helpfu inform
   under explor discov wonder curiou lot way kind sort case exampl start starti end begin conclu decisi choice choose option individ
   situac aspect difere variad divers import intere tema punto vista contex inform fuente opinio genera person cosa
   versch aspekt gesich themen thema frage intere wichti situat kontex mensch sache persoe allgem informa möglic
   plusie divers aspect questi import intere sujet point context person chose inform genera
   divers aspect import intere tema ponto contex pessoa coisa inform geral lorem ipsum dolor`.split(/\s+/u),
);

/** True for the stem of a word that fits any topic. */
export function fitsAnywhere(stem: string): boolean {
  return anywhere.has(stem);
}

/** Share (0…1) of a text's topic words that fit any topic. */
export function genericShare(text: TextProfile): number {
  let generic = 0;
  for (const stem of text.stems) if (anywhere.has(stem)) generic++;
  return text.stems.size === 0 ? 0 : generic / text.stems.size;
}
