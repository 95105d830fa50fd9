/** Compose and the local overlay depend on this: a fresh chain has the contracts at the addresses in their files. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type ServerProcess, startAnvil, startNats } from '@assay/adapters/process/server-programs';
import { roles, serviceOf } from '@assay/protocol/observation/role';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { deployedRoles } from '../../deploy/generate/deployed-roles.ts';
import { assayProgram } from '../integration/assay-program.ts';
import { temporaryFolder } from '../integration/temporary-folder.ts';
import { root } from './kustomize.ts';

const read = (path: string) => readFileSync(join(root, path), 'utf8');

describe('assay set-up', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let servers: ServerProcess[];
  let told: Record<'registry' | 'hub' | 'keystore' | 'oracle', string>;

  beforeAll(async () => {
    folder = await temporaryFolder();
    const [nats, anvil] = await Promise.all([startNats({ dir: join(folder.path, 'nats') }), startAnvil()]);
    servers = [nats, anvil];
    const args = ['set-up', '--keys', join(folder.path, 'keys'), '--rpc', anvil.url, '--servers', nats.url];
    told = JSON.parse(execFileSync(process.execPath, [...assayProgram(), ...args], { encoding: 'utf8' }));
  });

  afterAll(async () => {
    await Promise.all(servers.map((server) => server.stop()));
    await folder.remove();
  });

  it('deploys the contracts to the addresses in deploy/compose/stack.yaml', () => {
    const text = read('deploy/compose/stack.yaml');
    for (const [name, address] of Object.entries({
      REGISTRY: told.registry,
      HUB: told.hub,
      KEYSTORE: told.keystore,
      ORACLE: told.oracle,
    }))
      expect(text).toMatch(new RegExp(`${name}_ADDRESS: "${address.toLowerCase()}`));
  });

  it('writes every key file that compose mounts, readable only by its owner', () => {
    const keys = readdirSync(join(folder.path, 'keys'));
    const wanted = [...read('deploy/compose/stack.yaml').matchAll(/\/keys\/([\w-]+\.key)/g)].map(([, name]) => name);
    expect(keys).toEqual(expect.arrayContaining(wanted));
    for (const name of keys) expect(statSync(join(folder.path, 'keys', name)).mode & 0o077).toBe(0);
  });
});

describe('deploy/compose/stack.yaml', () => {
  const { services } = parse(read('deploy/compose/stack.yaml'), { merge: true }) as {
    services: Record<string, Record<string, unknown> & { image: string }>;
  };

  it('pins every image, and runs every service of Assay without privileges', () => {
    for (const [name, service] of Object.entries(services)) {
      expect([name, service.image]).toEqual([name, expect.stringMatching(/:(?!latest$)v?\d[\w.-]*$/)]);
      if (service.labels === undefined) continue;
      expect([name, service.read_only, service.user, service.cap_drop]).toEqual([name, true, '10001:10001', ['ALL']]);
    }
  });

  it('has every service, but those of roles that no shipped policy uses', () => {
    const unused = roles.filter((role) => !deployedRoles.includes(role)).map(serviceOf);
    const wanted = readdirSync(join(root, 'services')).filter((name) => !unused.includes(name));
    expect(Object.keys(services)).toEqual(expect.arrayContaining(wanted));
    expect(Object.keys(services).filter((name) => unused.includes(name))).toEqual([]);
  });
});
