/** Policy files: all policies of a network, as JSON. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { modelDigestAt } from '@assay/adapters/model/embedder-files';
import { endpointModelDigest, readEmbeddingEndpoint } from '@assay/adapters/model/embedding-endpoint';
import { checksDigest } from '@assay/composition/checks-digest';
import { checkShape } from '@assay/protocol/encoding/decode';
import { type Policy, policiesSchema } from '@assay/protocol/policy/policy';
import { withChecks } from '@assay/protocol/policy/stated-checks';
import { UsageError } from '../commands/usage-error.ts';
import { shippedFile } from './installation.ts';
import { modelPlace } from './model-location.ts';

/** The policy file that ships with Assay. */
export const shippedPoliciesFile = shippedFile('deploy/policies.json');

/**
 * Reads a policy file. Policies that name no checks are for those of this build. Throws {@link UsageError} that names the
 * wrong field.
 */
export async function readPolicies(file: string): Promise<Policy[]> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    throw new UsageError(`The policy file ${file} cannot be read as JSON.`, { cause });
  }
  const checked = checkShape(policiesSchema, withChecks(value, checksDigest));
  if (!checked.ok) throw new UsageError(`The policy file ${file} is wrong: ${checked.refusal.detail}`);
  return checked.value;
}

/**
 * Reads a policy file, or each file named `*.json` of a folder with one for each version of a network's policies. Throws
 * {@link UsageError} if there is none, or if one is wrong.
 */
export async function readPolicyVersions(place: string): Promise<Policy[][]> {
  const isFolder = await stat(place).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder) return [await readPolicies(place)];
  const names = (await readdir(place)).filter((name) => name.endsWith('.json')).sort();
  if (names.length === 0) throw new UsageError(`The folder ${place} has no policy file named *.json.`);
  return Promise.all(names.map((name) => readPolicies(join(place, name))));
}

/** The policy with a name. Throws {@link UsageError} that lists the names. */
export function policyNamed(policies: readonly Policy[], name: string): Policy {
  const policy = policies.find((one) => one.name === name);
  if (policy !== undefined) return policy;
  throw new UsageError(`There is no policy "${name}"; there are ${policies.map((one) => one.name).join(', ')}.`);
}

/** Refuses policies for another model than this one. Throws {@link UsageError}. */
export function requirePoliciesFor(modelDigest: string, policies: readonly Policy[]): void {
  const other = policies.find((policy) => policy.modelDigest !== modelDigest);
  if (other === undefined) return;
  throw new UsageError(
    `The model is ${modelDigest}, but policy "${other.name}" is made for ${other.modelDigest}; set EMBEDDING_MODEL or EMBEDDING_ENDPOINT_FILE to that model, or make a policy for this one with "assay calibrate".`,
  );
}

/**
 * The same for the selected model, before anything is started. A model that is not downloaded yet is left to the
 * services.
 */
export async function requirePoliciesForModel(policies: readonly Policy[]): Promise<void> {
  const { modelDir, modelName, endpointFile } = modelPlace();
  const modelDigest =
    endpointFile === undefined
      ? await modelDigestAt(modelDir, modelName)
      : endpointModelDigest(readEmbeddingEndpoint(endpointFile));
  if (modelDigest !== undefined) requirePoliciesFor(modelDigest, policies);
}
