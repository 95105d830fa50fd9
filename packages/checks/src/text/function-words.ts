/**
 * Function words of the languages in which answers are compared word by word: English, German, Spanish, French,
 * Portuguese, Italian and Dutch. Data, not rules.
 */

const listed = (text: string): string[] => text.split(/\s+/u).filter((word) => word !== '');

const englishDeterminers = 'the a an my your its our their';
/** Articles and possessives: followed by a noun or an adjective, rarely by a stop or another function word. */
export const determiners: ReadonlySet<string> = new Set(
  listed(`${englishDeterminers}
    ein einem einer eines mein dein unser kein
    el los las un una unos unas mi tu su sus
    le les une mon ton leur leurs ces cette
    um uma meu minha seu sua
    il gli uno het een`),
);

const englishConnectors = 'of and or but because although while if than from into between among onto';
/** Prepositions and conjunctions: followed by a phrase, never by a full stop. */
export const connectors: ReadonlySet<string> = new Set(
  listed(`${englishConnectors}
    und oder aber weil obwohl wenn als von zwischen
    y o pero porque aunque si de del entre sobre con
    et ou mais parce quoique du des entre avec
    e mas embora do da dos das com
    ma perche della dello delle con
    en maar omdat terwijl van`),
);

const englishOthers = `
  i you he she it we they me him her us them this that these those there here who whom which what when where why how whose
  am is are was were be been being have has had having do does did doing will would shall should can could may might must
  not no nor so as at by for in on to up out off over under again further then once about against during before after above below
  with without through until very too just also only own same such both each few more most other some any all every much many
  however therefore thus yet still even ever never often always well get got make makes made like use used using one two
  it's i'm you're we're they're don't doesn't isn't aren't can't won't didn't wasn't let's that's there's i'll you'll i've`;
const others = `
  ich du er sie es wir ihr mich dich sich uns euch der die das den dem des dass ist sind war waren sein bin bist hat haben hatte wird werden wurde
  kann können konnte soll sollte muss müssen darf mag nicht auch nur noch schon sehr so wie wo was wer wann warum hier dort
  zu im in an am auf aus bei mit nach seit vor für durch ohne um gegen über unter bis man alle mehr viel viele diese dieser dieses eine einen
  yo tú él ella nosotros ellos ellas me te se nos lo la que qué es son era fue ser está están hay ha han había no sí ya muy más menos
  también como cómo cuando donde quien cual para por a en al sin hasta desde este esta esto estos estas ese esa todo todos toda todas cada puede pueden
  je tu il elle nous vous ils elles me te se moi toi lui eux ce c'est est sont était être a ont avait avoir ne pas plus très que qui quoi dont où quand comment
  pour par à au aux dans en sur sous sans vers chez y on tout tous toute toutes comme aussi cela ça peut peuvent fait la l d
  eu ele ela nós eles elas me te lhe que é são foi era ser está estão há tem têm não sim já muito mais menos também como quando onde quem qual
  para por a ao à aos às no na nos nas em num numa sem até desde este esta isto esse essa todo toda todos todas cada pode podem os as
  io lui lei noi voi loro mi ti si ci che è sono era essere ha hanno non sì già molto più meno anche come quando dove chi quale per da in a al nel nella su tra fra senza questo questa lo la
  ik jij hij zij wij ze me mij ons dat die dit deze is zijn was waren heeft hebben had niet wel ook al nog zeer meer minder hoe waar wie wat voor door op te bij uit aan naar om tot met`;

/** Every function word, lower case; determiners and connectors are among them. */
export const functionWords: ReadonlySet<string> = new Set([
  ...determiners,
  ...connectors,
  ...listed(englishOthers),
  ...listed(others),
]);

/** English function words only: in an English text, "Au" and "O" are content words. */
export const englishFunctionWords: ReadonlySet<string> = new Set(
  listed(`${englishDeterminers} ${englishConnectors} ${englishOthers}`),
);

/** Negators, lower case. */
const negators: ReadonlySet<string> = new Set(
  listed(`not no never none nothing neither nor cannot without hardly
    nicht kein keine keinen keinem keiner keines nie niemals nichts niemand ohne weder
    nunca jamás nada ningún ninguna ninguno tampoco sin
    pas jamais rien aucun aucune sans ni
    não nunca nada nenhum nenhuma sem nem
    non mai niente nessun nessuna senza
    niet geen nooit niets`),
);

/**
 * Negators of 13 more languages, in lower case: words that Snowball's lists of stop words (BSD-3-Clause) gloss as not, no, none,
 * nothing, never, neither or without (Danish, Norwegian, Swedish, Finnish, Russian, Indonesian), and the strings for no of
 * CLDR 48.2 that also mean not (Polish, Hungarian, Arabic, Hebrew, Hindi, Vietnamese; Ukrainian beside the Russian ones).
 * Those that are frequent words of another language are left out.
 */
const otherNegators: ReadonlySet<string> = new Set(
  listed(`ikke ikkje ingen ingi inkje uten icke inte ej utan ei emme ette eivät
    не нет ни ничего никогда без нельзя ні tidak bukan belum tanpa nie nem لا לא नहीं không`),
);

/** As {@link deniesAt}, with the negators of all languages that are known. */
export function deniesAnywhere(tokens: readonly { readonly lower: string }[], index: number): boolean {
  return deniesAt(tokens, index) || otherNegators.has(tokens[index]?.lower ?? '');
}

/** True for a negator or an English contraction with n't. */
export function isNegator(word: string): boolean {
  return negators.has(word) || word.endsWith("n't");
}

/**
 * True if a word negates what follows: a negator, but not in "believe it or not", "not only", "why not", "no longer
 * than" or "no need to".
 */
export function deniesAt(tokens: readonly { readonly lower: string }[], index: number): boolean {
  const word = tokens[index]?.lower ?? '';
  if (!isNegator(word)) return false;
  const before = tokens[index - 1]?.lower;
  const after = tokens[index + 1]?.lower;
  if (word === 'not') return before !== 'or' && before !== 'why' && after !== 'only';
  return !(word === 'no' && (after === 'doubt' || after === 'matter' || after === 'need' || after === 'problem'));
}
