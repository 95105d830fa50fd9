/** Numbers as words, two to twelve, in the languages of the function words; "one" is too often an article or a pronoun. Data. */
const lists: readonly string[] = [
  'two three four five six seven eight nine ten eleven twelve',
  'zwei drei vier fünf sechs sieben acht neun zehn elf zwölf',
  'dos tres cuatro cinco seis siete ocho nueve diez once doce',
  'deux trois quatre cinq six sept huit neuf dix onze douze',
  'dois três quatro cinco seis sete oito nove dez onze doze',
  'due tre quattro cinque sei sette otto nove dieci undici dodici',
  'twee drie vier vijf zes zeven acht negen tien elf twaalf',
];

/** Lower-case word → number in digits. */
export const numberWords: ReadonlyMap<string, string> = new Map(
  lists.flatMap((list) => list.split(' ').map((word, index): [string, string] => [word, String(index + 2)])),
);
