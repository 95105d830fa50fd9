/**
 * Yes and no in the languages beside those of the function words, in lower case: the strings of CLDR 48.2 (`posix.messages`, package
 * `cldr-misc-full`) that are one word each and no frequent word of another language; the Turkish no with its own letter. Data.
 */
const strings: readonly (readonly [language: string, yes: string, no: string])[] = [
  ['ar', 'نعم', 'لا'],
  ['cs', 'ano', ''],
  ['el', 'ναι', 'όχι'],
  ['fi', 'kyllä', 'ei'],
  ['he', 'כן', 'לא'],
  ['hi', 'हाँ', 'नहीं'],
  ['hu', 'igen', 'nem'],
  ['id', 'ya', 'tidak'],
  ['ko', '예', '아니요'],
  ['nb', 'ja', 'nei'],
  ['pl', 'tak', 'nie'],
  ['ru', 'да', 'нет'],
  ['sv', 'ja', 'nej'],
  ['tr', 'evet', 'hayır'],
  ['uk', 'так', 'ні'],
  ['vi', 'có', 'không'],
];

/** Words for yes, and for no. */
export const yesStrings: readonly string[] = strings.map(([, yes]) => yes);
export const noStrings: readonly string[] = strings.flatMap(([, , no]) => (no === '' ? [] : [no]));
