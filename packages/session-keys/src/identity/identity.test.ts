import { describe, expect, it } from 'vitest';
import { IDENTITIES, LOW_ORDER_POINTS } from '../agreement/three-parties.fixture.ts';
import { checkIdentities, type Identities, identitiesSchema } from './identity.ts';

const withUser = (change: object): Identities => ({ ...IDENTITIES, user: { ...IDENTITIES.user, ...change } });

describe('identities', () => {
  it('are valid when well formed and distinct', () => {
    expect(checkIdentities(IDENTITIES)).toBeUndefined();
    expect(identitiesSchema.parse(JSON.parse(JSON.stringify(IDENTITIES)))).toEqual(IDENTITIES);
  });

  it('are refused with a shared address or agreement key', () => {
    expect(checkIdentities(withUser({ address: IDENTITIES.miner.address }))?.code).toBe('identities-not-distinct');
    const shared = withUser({ agreementKey: IDENTITIES.oracle.agreementKey });
    expect(checkIdentities(shared)?.code).toBe('identities-not-distinct');
  });

  it('are refused with a low-order agreement key, naming whose it is', () => {
    const refusal = checkIdentities(withUser({ agreementKey: LOW_ORDER_POINTS[1] }));
    expect(refusal).toMatchObject({ code: 'low-order-point', detail: expect.stringContaining('user') });
  });

  it('are refused with a misplaced party or an address in mixed case', () => {
    expect(checkIdentities(withUser({ party: 'miner' }))?.code).toBe('identity-malformed');
    const mixed = `0x${IDENTITIES.user.address.slice(2).toUpperCase()}`;
    expect(checkIdentities(withUser({ address: mixed }))?.code).toBe('identity-malformed');
  });
});
