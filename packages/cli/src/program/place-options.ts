/** URLs and addresses on the command line. */
import { InvalidArgumentError } from 'commander';

/** The URL of an HTTP endpoint, as it was written. Throws commander's error of a wrong value. */
export function urlOption(text: string): string {
  const url = URL.parse(text);
  if (url !== null && (url.protocol === 'http:' || url.protocol === 'https:')) return text;
  throw new InvalidArgumentError('It must be a URL such as http://127.0.0.1:8080.');
}

/** One such URL, or several with commas between them. */
export function urlsOption(text: string): string {
  for (const one of text.split(',')) urlOption(one.trim());
  return text;
}

/** An address in lower case. Throws commander's error of a wrong value. */
export function addressOption(text: string): string {
  if (!/^0x[0-9a-fA-F]{40}$/.test(text)) throw new InvalidArgumentError('It must be 0x and 40 hexadecimal digits.');
  return text.toLowerCase();
}
