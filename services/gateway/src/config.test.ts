import { describe, expect, it } from 'vitest';
import { settings } from './config.ts';

describe('TRUST_PROXY', () => {
  it('is a list of addresses and CIDRs', () => {
    expect(settings.TRUST_PROXY.parse(undefined)).toEqual([]);
    expect(settings.TRUST_PROXY.parse('10.0.0.0/8, ::1')).toEqual(['10.0.0.0/8', '::1']);
  });

  it.each(['true', '1', 'ingress', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', '::1/129'])('is not %s', (text) => {
    expect(settings.TRUST_PROXY.safeParse(text).success).toBe(false);
  });
});
