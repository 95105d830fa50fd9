import { exampleNetwork } from '@assay/protocol/network/example-network';
import { describe, expect, it } from 'vitest';
import { requireOperator, viewOf } from './network-view.ts';
import { SettingsError } from './settings.ts';

const { network, policy, operators } = exampleNetwork();

describe('viewOf', () => {
  it('checks the policies against the chain', () => {
    expect(viewOf(network, JSON.stringify([policy]), 'p.json', policy.checksDigest).policies.get(policy.name)).toEqual(
      policy,
    );
  });

  it('fills in the checks of this build where the file names none, and keeps those that it names', () => {
    const { checksDigest, ...open } = policy;
    const other = `0x${'12'.repeat(32)}` as const;
    expect(viewOf(network, JSON.stringify([open]), 'p.json', checksDigest).policies.get(policy.name)).toEqual(policy);
    expect(() => viewOf(network, JSON.stringify([open]), 'p.json', other)).toThrow(network.policiesDigest);
    expect(viewOf(network, JSON.stringify([policy]), 'p.json', other).policies.get(policy.name)).toEqual(policy);
  });

  it.each([
    ['text that is not JSON', '{', 'is not JSON'],
    ['no policy', '[]', 'p.json'],
    ['a field that no policy has', JSON.stringify([{ ...policy, extra: 1 }]), 'p.json'],
    ['another policy than the chain says', JSON.stringify([{ ...policy, deadlineMs: 9_999 }]), network.policiesDigest],
  ])('refuses %s in one line that names the file', (_, text, says) => {
    let message = '';
    try {
      viewOf(network, text, 'p.json', policy.checksDigest);
    } catch (error) {
      expect(error).toBeInstanceOf(SettingsError);
      message = String(error);
    }
    expect(message).toContain(says);
    expect(message).toContain('POLICIES_FILE p.json');
    expect(message).not.toContain('\n');
  });
});

describe('requireOperator', () => {
  it('lets members start and nobody else', () => {
    const [member] = operators;
    expect(() => requireOperator([network], member?.address ?? '0x')).not.toThrow();
    expect(() => requireOperator([network], `0x${'12'.repeat(20)}`)).toThrow(/OPERATOR_KEY_FILE.*epoch 7/);
  });
});
