/** Units of measurement by all usual names and symbols. Their sizes are those of js-quantities. Data, and one look-up. */
import Quantity from 'js-quantities';

/** A unit as the library names it, as what is measured in it and as its size in base units. */
export interface Unit {
  /** The library's name. */
  readonly name: string;
  /** The base units: equal for units that measure the same. */
  readonly dimension: string;
  /** Base units in one, and in none: 0 but for temperatures. */
  readonly size: number;
  readonly zero: number;
}

const prefixes: readonly (readonly [symbol: string, word: string])[] = [
  ['n', 'nano'],
  ['μ', 'micro'],
  ['m', 'milli'],
  ['c', 'centi'],
  ['d', 'deci'],
  ['h', 'hecto'],
  ['k', 'kilo'],
  ['M', 'mega'],
  ['G', 'giga'],
  ['T', 'tera'],
];

/** The library's name (also the symbol), the symbols of the prefixes that are usual with it, other symbols, words in the singular. */
const withPrefixes: readonly (readonly [name: string, usual: string, symbols: string, words: string])[] = [
  ['m', 'nμmcdk', '', 'metre meter mètre metro'],
  ['g', 'μmk', '', 'gram gramme gramm gramo grammo grama'],
  ['s', 'nμm', '', 'second sekunde seconde segundo secondo'],
  ['l', 'μmcdh', 'L', 'litre liter litro'],
  ['W', 'mkMGT', '', 'watt'],
  ['Wh', 'kMGT', '', ''],
  ['J', 'kMG', '', 'joule'],
  ['cal', 'k', '', 'calorie kalorie caloría'],
  ['Hz', 'kMGT', '', 'hertz'],
  ['Pa', 'hkMG', '', 'pascal'],
  ['V', 'mk', '', 'volt'],
  ['A', 'm', '', 'ampere amp'],
  ['N', 'k', '', 'newton'],
  ['B', 'kMGT', '', 'byte'],
];

/** The library's name, symbols (letter case counts), words in small letters with their plurals. */
const others: readonly (readonly [name: string, symbols: string, words: string])[] = [
  ['mi', 'mi', 'mile miles meile meilen milla millas miglio miglia'],
  ['yd', 'yd', 'yard yards'],
  ['ft', 'ft', 'foot feet fuß pieds pies'],
  ['inch', '', 'inch inches zoll'],
  ['nmi', 'nmi NM', 'nautical-mile nautical-miles seemeile seemeilen'],
  ['ly', 'ly', 'light-year light-years lightyear lightyears lichtjahr lichtjahre lichtjahren'],
  ['AU', 'AU', 'astronomical-unit astronomical-units'],
  ['tonne', 't', 'tonne tonnes tonnen tonelada toneladas tonnellate'],
  ['lb', 'lb lbs', 'pound pounds libra libras'],
  ['oz', 'oz', 'ounce ounces unze unzen once onces onza onzas'],
  ['stone', 'st', 'stone'],
  ['s', 'sec secs', ''],
  ['min', 'min mins', 'minute minutes minuten minuto minutos minuti'],
  ['h', 'h hr hrs', 'hour hours stunde stunden heure heures hora horas ora ore uur'],
  ['day', '', 'day days tag tage tagen jour jours día días dia dias giorno giorni dag dagen'],
  ['week', '', 'week weeks woche wochen semaine semaines semana semanas settimana settimane weken'],
  ['year', 'yr yrs', 'year years jahr jahre jahren ans année années año años ano anos anno anni jaar'],
  ['hectare', 'ha', 'hectare hectares hektar hectárea hectáreas'],
  ['acre', '', 'acre acres'],
  ['gal', 'gal', 'gallon gallons'],
  ['pt', '', 'pint pints'],
  ['quart', 'qt', 'quart quarts'],
  ['cup', '', 'cup cups'],
  ['floz', '', 'fluid-ounce fluid-ounces fl-oz'],
  ['tbs', 'tbsp', 'tablespoon tablespoons'],
  ['tsp', 'tsp', 'teaspoon teaspoons'],
  ['mph', 'mph', ''],
  ['kph', 'kph kmh', ''],
  ['kt', 'kn kt', 'knot knots knoten nudos'],
  ['kB', 'KB', ''],
  ['KiB', 'KiB', 'kibibyte kibibytes'],
  ['MiB', 'MiB', 'mebibyte mebibytes'],
  ['GiB', 'GiB', 'gibibyte gibibytes'],
  ['TiB', 'TiB', 'tebibyte tebibytes'],
  ['kWh', '', 'kilowatt-hour kilowatt-hours kilowattstunden'],
  ['hp', 'hp PS', 'horsepower'],
  ['bar', 'bar mbar', ''],
  ['atm', 'atm', 'atmosphere atmospheres'],
  ['psi', 'psi', ''],
  ['mmHg', 'mmHg', ''],
  ['tempK', 'K', 'kelvin kelvins'],
  [
    'tempC',
    '°C',
    'celsius centigrade degree-celsius degrees-celsius degree-c degrees-c grad-celsius degrés-celsius grados-celsius',
  ],
  [
    'tempF',
    '°F',
    'fahrenheit degree-fahrenheit degrees-fahrenheit degree-f degrees-f grad-fahrenheit degrés-fahrenheit',
  ],
];

const listed = (text: string): string[] => text.split(' ').filter((word) => word !== '');

const bySymbol = new Map<string, string>();
const byWord = new Map<string, string>();
for (const [name, usual, symbols, words] of withPrefixes) {
  for (const [symbol, word] of [['', ''] as const, ...prefixes]) {
    const prefixed = `${symbol === 'μ' ? 'u' : symbol}${name}`;
    if (symbol === '' || usual.includes(symbol))
      for (const one of [name, ...listed(symbols)]) bySymbol.set(`${symbol}${one}`, prefixed);
    for (const one of listed(words)) for (const end of ['', 's', 'n', 'i']) byWord.set(`${word}${one}${end}`, prefixed);
  }
}
for (const [name, symbols, words] of others) {
  for (const symbol of listed(symbols)) bySymbol.set(symbol, name);
  for (const word of listed(words)) byWord.set(word, name);
}

const word = String.raw`[\p{L}\p{M}]+`;
const term = new RegExp(String.raw`(?:(square|sq\.?|cubic|cu\.?) )?(°\s?[CFK](?!\p{L})|${word}(?:[ -]${word})?)`, 'yu');
const power = /\^?([23])(?![\p{N}.,])/uy;
const per = /\s?\/\s?| (?:per|pro|par|por|an?|al|all['’]|à l['’]) ?(?=\p{L})/uy;
const powers: Readonly<Record<string, string>> = { square: '2', sq: '2', cubic: '3', cu: '3' };

/** The unit at a place of a text in normal form, and where it ends; undefined where there is none. Bounded. */
export function unitAt(text: string, from: number): { readonly unit: Unit; readonly end: number } | undefined {
  const start = /[ -]/u.test(text[from] ?? '') ? from + 1 : from;
  const first = termAt(text, start);
  if (first === undefined) return undefined;
  per.lastIndex = first.end;
  const second = per.test(text) ? termAt(text, per.lastIndex) : undefined;
  const isWhole = second === undefined || first.name.startsWith('temp') || second.name.startsWith('temp');
  const unit = isWhole ? unitOf(first.name) : unitOf(`${first.name}/${second.name}`);
  return unit === undefined ? undefined : { unit, end: isWhole ? first.end : second.end };
}

function termAt(text: string, from: number): { readonly name: string; readonly end: number } | undefined {
  term.lastIndex = from;
  const [whole = '', raised, written = ''] = term.exec(text) ?? [];
  if (whole === '') return undefined;
  const two = written.split(/[ -]/u);
  const joined = written.replace(/\s/gu, written.startsWith('°') ? '' : '-');
  const known = nameOf(joined);
  const name = known ?? nameOf(two[0] ?? '');
  if (name === undefined) return undefined;
  const end = from + whole.length - (known === undefined ? written.length - (two[0] ?? '').length : 0);
  power.lastIndex = end;
  const digit = raised === undefined ? power.exec(text)?.[1] : powers[raised.replace('.', '')];
  const isRaised = digit !== undefined && raised === undefined;
  return { name: digit === undefined ? name : `${name}^${digit}`, end: isRaised ? power.lastIndex : end };
}

function nameOf(written: string): string | undefined {
  return bySymbol.get(written) ?? byWord.get(written.toLowerCase());
}

const known = new Map<string, Unit | undefined>();
const knownMax = 2_000;

/** By the library; undefined where it does not know the combination. */
function unitOf(name: string): Unit | undefined {
  if (known.has(name)) return known.get(name);
  if (known.size >= knownMax) known.clear();
  const unit = madeOf(name);
  known.set(name, unit);
  return unit;
}

function madeOf(name: string): Unit | undefined {
  try {
    if (name.startsWith('temp')) {
      const [none, one] = [0, 1].map((value) => Quantity(value, name).to('tempK').scalar);
      return { name, dimension: 'K', size: (one ?? 0) - (none ?? 0), zero: none ?? 0 };
    }
    const base = Quantity(1, name).toBase();
    return { name, dimension: base.units(), size: base.scalar, zero: 0 };
  } catch {
    return undefined;
  }
}
