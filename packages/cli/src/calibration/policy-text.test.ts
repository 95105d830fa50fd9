import { readFile } from 'node:fs/promises';
import { withoutChecks } from '@assay/protocol/policy/stated-checks';
import { expect, it } from 'vitest';
import { readPolicies, shippedPoliciesFile } from '../network/policy-file.ts';
import { policiesText } from './policy-text.ts';

it('writes the shipped policy file unchanged, so that a calibration changes only fitted values', async () => {
  const text = await readFile(shippedPoliciesFile, 'utf8');
  expect(policiesText(withoutChecks(await readPolicies(shippedPoliciesFile)))).toBe(text);
});
