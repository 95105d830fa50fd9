import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { readPolicies, shippedPoliciesFile } from '../network/policy-file.ts';
import { policiesText } from './policy-text.ts';

it('writes the shipped policy file as it stands, so that a calibration changes nothing but what it fits', async () => {
  const text = await readFile(shippedPoliciesFile, 'utf8');
  expect(policiesText(await readPolicies(shippedPoliciesFile))).toBe(text);
});
