/** `assay policy pin`: a policy file in which each policy names its checks, so that every release reads it alike. */
import { writeFile } from 'node:fs/promises';
import { checksDigest } from '@assay/composition/checks-digest';
import { policiesDigest } from '@assay/protocol/policy/policies-digest';
import { policiesText } from '../calibration/policy-text.ts';
import { readPolicies, shippedPoliciesFile } from '../network/policy-file.ts';
import { print } from '../output/terminal.ts';

/** Options of `policy pin`. */
export interface PinCommand {
  readonly out?: string;
  readonly json: boolean;
}

/** Writes the file and prints its digest; without `out`, prints the digest alone. Resolves with 0. */
export async function pinCommand(file: string = shippedPoliciesFile, { out, json }: PinCommand): Promise<number> {
  const policies = await readPolicies(file);
  const digest = policiesDigest(policies);
  if (out !== undefined) await writeFile(out, policiesText(policies));
  const checks = [...new Set(policies.map((policy) => policy.checksDigest))];
  if (json) print(JSON.stringify({ policiesDigest: digest, checks, ownChecks: checksDigest, ...(out && { out }) }));
  else {
    print(`policies ${digest}`);
    for (const one of checks) print(`checks   ${one}${one === checksDigest ? '  (of this release)' : ''}`);
  }
  return 0;
}
