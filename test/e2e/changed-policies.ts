/** The shipped policies with what a test wants to be different. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readPolicies, shippedPoliciesFile } from '@assay/cli/network/policy-file';
import type { Policy } from '@assay/protocol/policy/policy';
import { temporaryFolder } from '../integration/temporary-folder.ts';

/** A file of policies that is removed with its folder. */
export interface PoliciesFile {
  readonly policiesFile: string;
  remove(): Promise<void>;
}

/** Writes the shipped policies, each with its changes. */
export async function changedPolicies(changesOf: (policy: Policy) => Partial<Policy>): Promise<PoliciesFile> {
  const folder = await temporaryFolder();
  const policiesFile = join(folder.path, 'policies.json');
  const policies = await readPolicies(shippedPoliciesFile);
  await writeFile(policiesFile, JSON.stringify(policies.map((one) => ({ ...one, ...changesOf(one) }))));
  return { policiesFile, remove: () => folder.remove() };
}
