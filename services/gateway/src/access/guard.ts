/** Who makes a request, and whether they may: the API key in its header, where the gateway asks for keys. */
import { type ApiKey, bearerTokenOf, type Scope } from '@assay/protocol/api/api-keys';
import { type ApiResponse, refuse } from '../api.ts';
import type { KeyBook } from './key-book.ts';

/** What a route asks for: a scope, any valid key, or nothing. */
export type Needs = Scope | 'key' | 'nothing';

/** What is known of a request's sender. */
export interface Sender {
  /** What limits are counted by: the key, else the address. */
  readonly client: string;
  readonly key: ApiKey | undefined;
}

/** The key of a request. Undefined without keys, without a header, and with one that holds no valid key. */
export function senderOf(
  keys: KeyBook | undefined,
  headers: Readonly<Record<string, string>>,
  remoteAddress: string,
): Sender {
  const token = bearerTokenOf(headers.authorization);
  const key = token === undefined ? undefined : keys?.authenticate(token);
  return { client: key === undefined ? remoteAddress : `key-${key.id}`, key };
}

/** Why a sender may not use a route; undefined if it may. Nobody may while the gateway cannot tell who is revoked. */
export function whyNot(keys: KeyBook | undefined, { key }: Sender, needs: Needs): ApiResponse | undefined {
  if (keys === undefined || needs === 'nothing') return undefined;
  if (!keys.isCurrent)
    return {
      ...refuse({ code: 'keys-unavailable', detail: 'The API keys are being read. Try again in 2 s.' }),
      headers: { 'retry-after': '2' },
    };
  if (key === undefined)
    return {
      ...refuse({ code: 'unauthenticated', detail: 'Send a valid API key: authorization: Bearer assay_…' }),
      headers: { 'www-authenticate': 'Bearer realm="assay"' },
    };
  if (needs === 'key' || key.scopes.includes(needs)) return undefined;
  return refuse({
    code: 'out-of-scope',
    detail: `The key ${key.id} lacks the scope ${needs}; it has ${key.scopes.join(', ')}.`,
  });
}
