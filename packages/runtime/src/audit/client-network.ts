/** The network of a client's address, which says where a request came from without naming one person's connection. */
import { isIPv4, isIPv6 } from 'node:net';

/** `net 203.0.113.0/24` or `net 2001:db8:7::/48`; `net unknown` for what is no IP address. */
export function clientNetwork(address: string): string {
  const v4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address;
  if (isIPv4(v4)) return `net ${v4.replace(/\.\d+$/, '.0/24')}`;
  if (!isIPv6(address)) return 'net unknown';
  const [head = '', tail] = address.toLowerCase().replace(/%.*$/, '').split('::');
  const [before, after] = [head, tail ?? ''].map((part) => part.split(':').filter((group) => group !== ''));
  const missing = tail === undefined ? 0 : 8 - (before?.length ?? 0) - (after?.length ?? 0);
  const groups = [...(before ?? []), ...Array<string>(Math.max(0, missing)).fill('0'), ...(after ?? [])].slice(0, 3);
  return `net ${groups.map((group) => group.replace(/^0+(?=.)/, '')).join(':')}::/48`;
}
