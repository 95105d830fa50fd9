/**
 * Posts to addresses that others chose. What an address leads to is looked at when the connection is made, so a name that
 * changes its mind gains nothing; redirects are not followed.
 */
import { lookup as lookUp } from 'node:dns';
import { request as requestOverHttp } from 'node:http';
import { request as requestOverHttps } from 'node:https';
import { BlockList, isIP, type LookupFunction } from 'node:net';

/** What is nobody's on the public internet: IANA's special-purpose registries of IPv4 and IPv6, and multicast. */
const special = networksOf(
  `0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.31.196.0/24
  192.52.193.0/24 192.88.99.0/24 192.168.0.0/16 192.175.48.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/3
  2001::/23 2001:db8::/32 2002::/16 2620:4f:8000::/48 3fff::/20`.split(/\s+/),
);

/** Global unicast addresses of IPv6; all others are special. */
const global6 = networksOf(['2000::/3']);

/** Where posts may go. */
interface PostGuard {
  /** Networks (addresses or CIDRs) that are allowed although they are not public; to them also without TLS. */
  readonly allowedNetworks: readonly string[];
  /** Time for a whole answer. */
  readonly timeoutMs: number;
  /** Looks names up; the system's if absent. */
  readonly lookup?: LookupFunction;
}

/** Posts a body; resolves with the status. Rejects if the address is refused, or does not answer in time. */
type GuardedPost = (url: string, headers: Readonly<Record<string, string>>, body: string) => Promise<number>;

/** Why a post may not go to a URL whose host is an address; undefined if it may, or if its host is a name. */
export function whyNotTo(url: string, allowedNetworks: readonly string[]): string | undefined {
  const parsed = URL.parse(url);
  if (parsed === null || !['https:', 'http:'].includes(parsed.protocol)) return 'it is no https URL';
  if (parsed.protocol === 'http:' && allowedNetworks.length === 0) return 'it must begin with https';
  const host = hostOf(parsed);
  if (isIP(host) === 0 || isAllowed(host, parsed.protocol, networksOf(allowedNetworks))) return undefined;
  return 'its address is not public';
}

/** A client that posts behind a guard. Each post has a connection of its own. */
export function guardedPost({ allowedNetworks, timeoutMs, lookup = lookUp }: PostGuard): GuardedPost {
  const allowed = networksOf(allowedNetworks);
  return async (url, headers, body) => {
    const why = whyNotTo(url, allowedNetworks);
    if (why !== undefined) throw new Error(`The address is refused: ${why}.`);
    const { protocol } = new URL(url);
    const request = protocol === 'https:' ? requestOverHttps : requestOverHttp;
    return new Promise((resolve, reject) => {
      const asked = request(url, {
        method: 'POST',
        agent: false,
        signal: AbortSignal.timeout(timeoutMs),
        lookup: guardedLookup(lookup, (address) => isAllowed(address, protocol, allowed)),
        headers: { ...headers, 'content-length': Buffer.byteLength(body) },
      });
      asked.once('error', reject);
      asked.once('response', (response) => {
        // Nobody reads what it says; the connection ends with it.
        response.once('error', () => undefined).destroy();
        resolve(response.statusCode ?? 0);
      });
      asked.end(body);
    });
  };
}

/** Finds allowed addresses alone. */
function guardedLookup(lookup: LookupFunction, isGood: (address: string) => boolean): LookupFunction {
  return (name, options, callback) => {
    lookup(name, { ...options, all: true }, (error, found) => {
      if (error !== null) return callback(error, '');
      const good = (Array.isArray(found) ? found : []).filter(({ address }) => isGood(address));
      const [first] = good;
      if (first === undefined) return callback(new Error('The address is refused: it is not public.'), '');
      if (options.all === true) return callback(null, good);
      return callback(null, first.address, first.family);
    });
  };
}

/** Public addresses over TLS, and those that the operator names. */
function isAllowed(address: string, protocol: string, allowed: BlockList): boolean {
  const family = isIP(address) === 4 ? 'ipv4' : 'ipv6';
  if (allowed.check(address, family)) return true;
  if (protocol !== 'https:' || special.check(address, family)) return false;
  return family === 'ipv4' || global6.check(address, 'ipv6');
}

function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}

function networksOf(list: readonly string[]): BlockList {
  const networks = new BlockList();
  for (const one of list) {
    const [address = '', prefix] = one.split('/');
    const family = isIP(address) === 4 ? 'ipv4' : 'ipv6';
    networks.addSubnet(address, Number(prefix ?? (family === 'ipv4' ? 32 : 128)), family);
  }
  return networks;
}
