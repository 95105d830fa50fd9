import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exampleNetwork } from '@assay/protocol/network/example-network';
import { loadNetwork } from '@assay/protocol/network/validator-set';
import { policiesDigest } from '@assay/protocol/policy/policies-digest';
import { SettingsError } from '@assay/runtime/service/settings';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { policyViews } from './policy-files.ts';

const { network, policy } = exampleNetwork();
const later = { ...policy, version: 2, deadlineMs: 9_000 };
const nextNetwork = loadNetwork({ ...network, epoch: network.epoch + 1, policiesDigest: policiesDigest([later]) });

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'assay-policies-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

const put = (name: string, text: string) => writeFileSync(join(folder, name), text);

it('finds the file of each epoch by its digest, one that was added later too', () => {
  put('1.json', JSON.stringify([policy]));
  put('notes.txt', 'no policies');
  const viewOf = policyViews(folder);
  expect(viewOf(network).policies.get(policy.name)?.version).toBe(policy.version);
  expect(() => viewOf(nextNetwork)).toThrow(nextNetwork.policiesDigest);
  put('2.json', JSON.stringify([later]));
  expect(viewOf(nextNetwork).policies.get(policy.name)?.version).toBe(2);
  expect(viewOf(network).policies.get(policy.name)?.version).toBe(policy.version);
});

it('is not held up by a file that is no policy file', () => {
  put('1.json', '{');
  put('2.json', JSON.stringify([policy]));
  expect(policyViews(folder)(network).policies.size).toBe(1);
});

it('takes one file as well, and needs one', () => {
  put('1.json', JSON.stringify([policy]));
  expect(policyViews(join(folder, '1.json'))(network).network).toBe(network);
  expect(() => policyViews(join(folder, '2.json'))).toThrow(SettingsError);
  rmSync(join(folder, '1.json'));
  expect(() => policyViews(folder)).toThrow(/POLICIES_FILE.*no file named/);
});
