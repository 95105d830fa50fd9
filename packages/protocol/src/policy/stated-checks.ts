/**
 * A policy names the checks that measure by it, by a digest of their sources. The file of a release leaves that open, so
 * that a change of a check changes no policy file: whoever reads such a file fills in the digest of its own build.
 */
import type { Hex } from '../encoding/bytes.ts';
import type { Policy } from './policy.ts';

/** A policy as a file may state it. */
export type OpenPolicy = Omit<Policy, 'checksDigest'>;

/** The content of a policy file in which each policy names its checks: those of `checksDigest` where it names none. */
export function withChecks(document: unknown, checksDigest: Hex): unknown {
  if (!Array.isArray(document)) return document;
  return document.map((policy: unknown) =>
    typeof policy === 'object' && policy !== null && !('checksDigest' in policy) ? { ...policy, checksDigest } : policy,
  );
}

/** The same policies, for the checks of whoever reads them. */
export function withoutChecks(policies: readonly Policy[]): OpenPolicy[] {
  return policies.map(
    (policy) => Object.fromEntries(Object.entries(policy).filter(([name]) => name !== 'checksDigest')) as OpenPolicy,
  );
}
