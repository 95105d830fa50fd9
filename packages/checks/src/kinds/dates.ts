/**
 * The dates of a text in all usual forms, as year, month and day: "15 June 1215", "le 15 juin 1215", "1215-06-15", "15.06.1215".
 * Names of months are those of CLDR 48 (Unicode License v3) in 22 languages, alone and beside a day.
 */

/** In small letters, a line for each month. */
const monthNames: readonly string[] = [
  'january januar janvier enero gennaio janeiro januari tammikuuta tammikuu stycznia styczeń ledna leden января январь січня січень ocak ιανουαρίου január ianuarie يناير जनवरी',
  'february februar février febrero febbraio fevereiro februari helmikuuta helmikuu lutego luty února únor февраля февраль лютого лютий şubat φεβρουαρίου február februarie فبراير फ़रवरी',
  'march märz mars marzo março maart marts maaliskuuta maaliskuu marca marzec března březen марта март березня березень mart μαρτίου március martie maret مارس मार्च',
  'april avril abril aprile huhtikuuta huhtikuu kwietnia kwiecień dubna duben апреля апрель квітня квітень nisan απριλίου április aprilie أبريل अप्रैल',
  'may mai mayo maggio maio mei maj toukokuuta toukokuu maja května květen мая май травня травень mayıs μαΐου május مايو मई',
  'june juni juin junio giugno junho kesäkuuta kesäkuu czerwca czerwiec června červen июня июнь червня червень haziran ιουνίου június iunie يونيو जून',
  'july juli juillet julio luglio julho heinäkuuta heinäkuu lipca lipiec července červenec июля июль липня липень temmuz ιουλίου július iulie يوليو जुलाई',
  'august août agosto augustus augusti elokuuta elokuu sierpnia sierpień srpna srpen августа август серпня серпень ağustos αυγούστου augusztus agustus أغسطس अगस्त',
  'september septembre septiembre settembre setembro syyskuuta syyskuu września wrzesień září сентября сентябрь вересня вересень eylül σεπτεμβρίου szeptember septembrie سبتمبر सितंबर',
  'october oktober octobre octubre ottobre outubro lokakuuta lokakuu października październik října říjen октября октябрь жовтня жовтень ekim οκτωβρίου október octombrie أكتوبر अक्टूबर',
  'november novembre noviembre novembro marraskuuta marraskuu listopada listopad listopadu ноября ноябрь листопада листопад kasım νοεμβρίου noiembrie نوفمبر नवंबर',
  'december dezember décembre diciembre dicembre dezembro desember joulukuuta joulukuu grudnia grudzień prosince prosinec декабря декабрь грудня грудень aralık δεκεμβρίου decembrie ديسمبر दिसंबर',
];
const monthOf = new Map(monthNames.flatMap((names, at) => names.split(' ').map((name) => [name, at + 1] as const)));
const [january = '', ...later] = monthNames.map((names) => names.split(' ')[0] ?? '');
for (const [at, name] of [january, ...later].entries()) monthOf.set(name.slice(0, 3), at + 1);
monthOf.set('sept', 9);

const units = 'first second third fourth fifth sixth seventh eighth ninth'.split(' ');
const teens =
  'tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth'.split(' ');
const dayWords = [
  ...units,
  ...teens,
  'twentieth',
  ...units.map((word) => `twenty-${word}`),
  'thirtieth',
  'thirty-first',
];

const word = String.raw`[\p{L}\p{M}]{3,14}`;
const ordinal = '[a-z]{5,11}(?:-[a-z]{5,7})?';
const end = String.raw`(?![\p{L}\p{N}]|[./-]\p{N})`;
/** Digits between stops are a version or a sum. */
const pattern = (source: string, before = String.raw`\p{L}\p{N}.,/:-`): RegExp =>
  new RegExp(`(?<![${before}])${source}${end}`, 'giu');
const named = (source: string): RegExp => pattern(source, String.raw`\p{L}\p{N}`);

/** What the groups of a pattern are: year, month, day, a month's name, a day in words; with `?`, day and month may be the other way round. */
const datePatterns: readonly (readonly [RegExp, order: string])[] = [
  [pattern(String.raw`(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:T[\d:.]+Z?)?`), 'ymd'],
  [/(?<![\p{L}\p{N}])(\d{4}) ?[年년] ?(\d{1,2}) ?[月월] ?(\d{1,2}) ?[日일]/gu, 'ymd'],
  [pattern(String.raw`(\d{1,2})\.(\d{1,2})\.(\d{4})`), 'dmy'],
  [pattern(String.raw`(\d{1,2})[/-](\d{1,2})[/-](\d{4})`), 'dm?y'],
  [named(String.raw`(\d{1,2})(?:st|nd|rd|th|er|º|ª|\.)?(?: of| de| di)? (${word})\.?,?(?: de| del)? (\d{3,4})`), 'dNy'],
  [named(String.raw`(${word})\.? (?:the )?(\d{1,2})(?:st|nd|rd|th)?,? (\d{3,4})`), 'Ndy'],
  [named(String.raw`(${ordinal}) (?:day )?of (${word}),? (?:in )?(?:the year )?(\d{3,4})`), 'WNy'],
  [named(String.raw`(${word}) (?:the )?(${ordinal}),? (\d{3,4})`), 'NWy'],
];

/** Dates of one text that are read. */
const datesMax = 200;

/** The dates of a text in normal form, each once, as `1215-6-15`; an empty text for one whose day and month could be either. Linear. */
export function datesOf(text: string): string[] {
  const found = new Set<string>();
  for (const [one, order] of datePatterns) {
    let count = 0;
    for (const match of text.matchAll(one)) {
      if (++count > datesMax) break;
      const date = dateOf(match, order);
      if (date !== undefined) found.add(date);
    }
  }
  return [...found];
}

function dateOf(match: RegExpExecArray, order: string): string | undefined {
  const parts = order.replace('?', '');
  const part = (name: string): string => (parts.includes(name) ? (match[1 + parts.indexOf(name)] ?? '') : '');
  const name = part('N').toLowerCase();
  const month = name === '' ? Number(part('m')) : monthOf.get(name);
  const words = part('W').toLowerCase();
  const day = words === '' ? Number(part('d')) : dayWords.indexOf(words) + 1;
  if (month === undefined || day < 1 || day > 31 || month < 1) return undefined;
  const year = Number(part('y'));
  if (order.includes('?') && month <= 12 && day <= 12 && month !== day) return '';
  if (month > 12) return day > 12 ? undefined : `${year}-${day}-${month}`;
  return `${year}-${month}-${day}`;
}
