import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clientNetwork } from './client-network.ts';

describe('the network of a client', () => {
  it.each([
    ['203.0.113.77', 'net 203.0.113.0/24'],
    ['::ffff:203.0.113.77', 'net 203.0.113.0/24'],
    ['2001:db8:7:1:2:3:4:5', 'net 2001:db8:7::/48'],
    ['2001:0DB8::1', 'net 2001:db8:0::/48'],
    ['::1', 'net 0:0:0::/48'],
    ['fe80::1%eth0', 'net fe80:0:0::/48'],
    ['', 'net unknown'],
    ['a host', 'net unknown'],
  ])('of %s is %s', (address, network) => {
    expect(clientNetwork(address)).toBe(network);
  });

  it('is the same for all addresses of a network, and has nothing of the rest', () => {
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        const network = clientNetwork(address);
        expect(network).toMatch(/^net (([0-9a-f]{1,4}:){3}:\/48|\d+\.\d+\.\d+\.0\/24)$/);
      }),
    );
  });
});
