/**
 * The text of an error for logs, dead letters and people: the only way from an error to text. Addresses of services carry
 * keys in their paths, queries and credentials (`https://rpc.example/v3/<key>`), and libraries quote them in their messages.
 */

/** UTF-16 code units of one text; longer text is cut. */
const textCharsMax = 1_000;
/** What a server said, as one part of the text. */
const detailCharsMax = 200;
/** Causes looked at; a circle of causes ends there as well. */
const causesMax = 5;

/** Scheme, credentials, host with port, and the rest of an address. */
const address = /\b([a-z][a-z0-9+.-]{0,19}):\/\/([^\s/?#"'`<>()\\]*@)?([^\s/?#"'`<>()\\@]*)([/?#][^\s"'`<>()\\]*)?/gi;
/** Line breaks and escape sequences in what a server said would forge log lines and steer terminals. */
const controls = /\p{Cc}+/gu;

/**
 * What went wrong, in one line of at most 1,000 characters: the error's message, what the server said, and each cause that
 * says more. Addresses keep scheme, host and port only. Takes anything that can be thrown; never throws itself.
 */
export function errorText(error: unknown): string {
  const parts: string[] = [];
  let cause: unknown = error;
  for (let depth = 0; depth < causesMax && (depth === 0 || cause instanceof Error); depth++) {
    for (const part of partsOf(cause)) if (!parts.some((said) => said.includes(part))) parts.push(part);
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  const [first = 'unknown error', ...more] = parts;
  return shortened(more.length === 0 ? first : `${first} (${more.join(': ')})`, textCharsMax);
}

/** A text without the paths, queries, fragments and credentials of the addresses in it; `file:` addresses stay. */
export function withoutAddressSecrets(text: string): string {
  return text.replace(address, (whole, scheme: string, credentials: string | undefined, host: string, rest = '') => {
    if (scheme.toLowerCase() === 'file') return whole;
    const hidden = credentials !== undefined || rest.replace(/[/.,:;]+$/, '') !== '';
    return `${scheme}://${host}${hidden ? '/…' : rest}`;
  });
}

/** Objects looked into when an address is hidden: an error of viem holds about ten. */
const heldMax = 1_000;
/** Parts of an address that are shorter are no keys, and would take ordinary words out of texts. */
const secretCharsMin = 6;

/**
 * Takes everything of an address but scheme, host and port out of an error and its causes, in place: libraries look at an
 * error's class and code later, so that it cannot be replaced. For errors of a server whose address holds a key, which it
 * may repeat in words of its own (`Cannot POST /v3/<key>`).
 */
export function hideAddress(error: unknown, address: string): void {
  hideIn(error, secretsOf(address), new Set());
}

/** Parts of an address that may be keys, longest first. */
function secretsOf(address: string): string[] {
  const url = URL.parse(address);
  if (url === null) return [address];
  const decoded = (part: string) => [part, decodedUri(part)];
  return [
    `${url.pathname}${url.search}`,
    ...[url.username, url.password, ...url.pathname.split('/')].flatMap(decoded),
    ...[...url.searchParams].flat(),
    url.hash.slice(1),
  ]
    .filter((part) => part.length >= secretCharsMin)
    .sort((a, b) => b.length - a.length);
}

/** Hides in every text that an error or a cause holds; a cause may be an object that is no error. */
function hideIn(holder: unknown, secrets: readonly string[], seen: Set<unknown>): void {
  if (typeof holder !== 'object' || holder === null || seen.has(holder) || seen.size >= heldMax) return;
  seen.add(holder);
  for (const name of Reflect.ownKeys(holder)) {
    const value: unknown = Reflect.get(holder, name);
    if (typeof value === 'string') Reflect.set(holder, name, hide(value, secrets));
    else hideIn(value, secrets, seen);
  }
}

function hide(text: string, secrets: readonly string[]): string {
  let hidden = withoutAddressSecrets(text);
  for (const secret of secrets) hidden = hidden.replaceAll(secret, '…');
  return hidden;
}

function decodedUri(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The message of one error and what a server said to it, each in one line and without secrets. */
function partsOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [oneLine(asText(error))];
  // viem's `message` lists the address and the whole request; its `shortMessage` says what is wrong.
  const said = stringIn(error, 'shortMessage') || error.message || stringIn(error, 'code') || error.name;
  const details = oneLine(stringIn(error, 'details'));
  return [oneLine(said), shortened(details, detailCharsMax)].filter((part) => part !== '');
}

function oneLine(text: string): string {
  return withoutAddressSecrets(shortened(text, textCharsMax)).replace(controls, ' ').trim();
}

function stringIn(error: Error, name: string): string {
  const value: unknown = Reflect.get(error, name);
  return typeof value === 'string' ? value : '';
}

function asText(value: unknown): string {
  try {
    return String(value);
  } catch {
    // An object without a prototype has no text.
    return 'a value without text';
  }
}

function shortened(text: string, charsMax: number): string {
  return text.length > charsMax ? `${text.slice(0, charsMax)}…` : text;
}
