import { describe, expect, it } from 'vitest';
import { byRole, definitionOf, type Role, roleIndex, roles, serviceOf } from './role.ts';

describe('roles', () => {
  it('have the signed index: their index in the list', () => {
    expect(roles.map(roleIndex)).toEqual(roles.map((_, place) => place));
    expect([roleIndex('checksum'), roleIndex('embedding'), roleIndex('semantic')]).toEqual([0, 1, 2]);
  });

  it('have names that fit a subject, a NATS user and a flag, each once; and each a service', () => {
    expect(new Set(roles).size).toBe(roles.length);
    expect(new Set(roles.map(serviceOf)).size).toBe(roles.length);
    for (const role of roles) expect([role, serviceOf(role)].every((name) => /^[a-z][a-z-]*$/.test(name))).toBe(true);
  });

  it('state on chain the three scores that the contract reads', () => {
    expect(roles.filter((role) => definitionOf(role).scoreOnChain)).toEqual(['checksum', 'embedding', 'semantic']);
  });

  it('have one value each, made by name', () => {
    const made = byRole((role) => `of ${role}`);
    expect(Object.keys(made)).toEqual([...roles]);
    for (const role of roles) expect(made[role]).toBe(`of ${role}`);
  });

  it('are known by these names alone', () => {
    expect(() => definitionOf('toString' as Role)).toThrow(RangeError);
  });
});
