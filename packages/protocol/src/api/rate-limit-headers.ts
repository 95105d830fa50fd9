/** Limits of a client in headers: draft-ietf-httpapi-ratelimit-headers-10. */

/** One limit of a client, and what is left of it. */
export interface Quota {
  /** Which limit: letters, digits and hyphens. */
  readonly name: string;
  /** What is counted. */
  readonly unit: 'requests' | 'content-bytes';
  /** How much a client has in a window. */
  readonly units: number;
  readonly windowSeconds: number;
  readonly remaining: number;
  /** Time until the window is over, in milliseconds. */
  readonly resetMs: number;
}

/** The largest integer of a structured field (RFC 9651). */
const integerMax = 999_999_999_999_999;

/** `ratelimit-policy` and `ratelimit`, in lower case; none without a quota. */
export function rateLimitHeaders(quotas: readonly Quota[]): Record<string, string> {
  if (quotas.length === 0) return {};
  const policies = quotas.map(({ name, unit, units, windowSeconds }) => {
    const counted = unit === 'requests' ? '' : `;qu="${unit}"`;
    return `"${name}";q=${Math.min(units, integerMax)}${counted};w=${windowSeconds}`;
  });
  const left = quotas.map(({ name, remaining, resetMs }) => {
    const seconds = Math.max(0, Math.ceil(resetMs / 1000));
    return `"${name}";r=${Math.min(Math.max(0, remaining), integerMax)};t=${seconds}`;
  });
  return { 'ratelimit-policy': policies.join(', '), ratelimit: left.join(', ') };
}
