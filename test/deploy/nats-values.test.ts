/** The values for NATS's chart: the server takes them, `restricted` admits the pods, and the streams fit the disk. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseStorageBytes } from '@assay/adapters/nats/storage-shares';
import { ensureNatsStreams } from '@assay/adapters/nats/streams';
import { type ServerProcess, startNats } from '@assay/adapters/process/server-programs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { temporaryFolder } from '../integration/temporary-folder.ts';
import { build, type Manifest, root } from './kustomize.ts';
import { asConfiguration, valuesOf } from './nats-chart.ts';
import { makeCertificates } from './nats-cluster.ts';

const installations = {
  network: ['nats.values.yaml', 'nats-accounts.values.yaml'],
  'one party': ['nats.values.yaml', 'nats-direct-accounts.values.yaml'],
  operator: ['nats-leaf.values.yaml', '../overlays/several-operators/operator-a/nats-accounts.values.yaml'],
  'operator in a region': [
    'nats-leaf.values.yaml',
    'nats-leaf-regions.values.yaml',
    '../overlays/several-operators/operator-a/nats-accounts.values.yaml',
  ],
} as const;

/** The size that `max_file_store: 4GB` and the like states, as the server reads it. */
const bytesOf = (text: string) => parseStorageBytes(text.replace(/(?<=[MG])B/, 'iB')) ?? Number.NaN;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

describe.each(Object.entries(installations))('NATS of the %s', (name, files) => {
  const values = valuesOf(...files);

  it('has a configuration that the server accepts', () => {
    const text = Object.entries(withoutFiles(values.config.merge))
      .map(([key, value]) => `${key}: ${asConfiguration(value)}`)
      .join('\n');
    const file = join(folder.path, `${name}.conf`);
    writeFileSync(file, `${text}\n${name.startsWith('operator') ? '' : 'jetstream: enabled'}\n`);
    const variables = [...text.matchAll(/\$((?:BUS|LEAF)_\w+)/g)].map(([, one]) => [one, value(one ?? '')]);
    const env = { ...process.env, ...Object.fromEntries(variables) };
    expect(() => execFileSync('nats-server', ['-t', '-c', file], { env, stdio: 'pipe' })).not.toThrow();
  });

  it('runs every container as the restricted standard wants it, within limits', () => {
    const containers = { nats: values.container, reloader: values.reloader, exporter: values.promExporter };
    for (const [container, settings] of Object.entries(containers)) {
      const { securityContext, resources } = settings?.merge ?? {};
      expect([container, securityContext]).toEqual([
        container,
        { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
      ]);
      expect([container, Object.keys(resources ?? {}).sort()]).toEqual([container, ['limits', 'requests']]);
    }
  });
});

describe('NATS of a region', () => {
  const component = join(root, 'deploy/kubernetes/components/region-nats');
  const text = readFileSync(join(component, 'nats.conf'), 'utf8');
  const regions = build('three-regions').filter(
    ({ kind, metadata }) => kind === 'ConfigMap' && metadata.name.startsWith('regions'),
  );

  it.each(regions.map(({ data }) => [data.REGION, data] as const))(
    'in %s has a configuration that the server accepts, with a route to each of the others',
    (region, data) => {
      const { caFile, certFile, keyFile } = makeCertificates(folder.path);
      const accounts = readFileSync(join(component, 'accounts.conf'), 'utf8');
      mkdirSync(join(folder.path, region), { recursive: true });
      const own = text
        .replaceAll('/etc/nats-tls/tls.crt', certFile)
        .replaceAll('/etc/nats-tls/tls.key', keyFile)
        .replace('/etc/nats-ca/ca.crt', caFile)
        .replace('/data', join(folder.path, region))
        // Debian's release is older than this.
        .replace(/ +sync_interval: always\n/, '');
      const file = join(folder.path, `${region}.conf`);
      writeFileSync(file, own);
      writeFileSync(join(folder.path, 'accounts.conf'), accounts);
      const variables = [...accounts.matchAll(/\$(BUS_\w+)/g)].map(([, one]) => [one, value(one ?? '')]);
      const env = { ...process.env, ...Object.fromEntries(variables), ...data };
      expect(() => execFileSync('nats-server', ['-t', '-c', file], { env, stdio: 'pipe' })).not.toThrow();
      const others = Object.entries(data).filter(([name]) => name.startsWith('ROUTE_'));
      expect(others.length).toBe(regions.length);
    },
  );
});

describe('storage', () => {
  const stack = parse(readFileSync(join(root, 'deploy/compose/stack.yaml'), 'utf8'), { merge: true });
  const storeIn = (path: string) => /max_file_store: (\S+)/.exec(readFileSync(join(root, path), 'utf8'))?.[1] ?? '';
  const settings = (overlay: string): Record<string, string> =>
    build(overlay).find(
      ({ kind, metadata, data }: Manifest) =>
        kind === 'ConfigMap' && metadata.name.startsWith('network') && 'NATS_REPLICAS' in data,
    )?.data;
  const { maxSize, pvc } = valuesOf('nats.values.yaml').config.jetstream.fileStore;
  const [region] = build('three-regions').filter(
    ({ kind, metadata }) => kind === 'StatefulSet' && metadata.name === 'nats',
  );
  const ofRegion = {
    maxSize: `${bytesOf(storeIn('deploy/kubernetes/components/region-nats/nats.conf')) / 2 ** 20}MiB`,
    pvc: { size: region?.spec.volumeClaimTemplates[0].spec.resources.requests.storage },
  };
  const [trial] = build('local').filter(({ kind, metadata }) => kind === 'StatefulSet' && metadata.name === 'nats');
  const local = {
    maxSize: `${bytesOf(storeIn('deploy/kubernetes/components/local-nats/nats.conf')) / 2 ** 20}MiB`,
    pvc: { size: trial?.spec.volumeClaimTemplates[0].spec.resources.requests.storage },
  };

  it.each([
    ['production', settings('production').NATS_STORAGE, { maxSize, pvc }],
    ['local', settings('local').NATS_STORAGE, local],
    ['three-regions', settings('three-regions').NATS_STORAGE, ofRegion],
  ])('of streams in %s fits the server, and the server its volume', (_, streams, { maxSize, pvc }) => {
    expect(parseStorageBytes(streams ?? '')).toBeLessThanOrEqual(parseStorageBytes(maxSize) ?? 0);
    expect(parseStorageBytes(maxSize)).toBeLessThanOrEqual(0.9 * (parseStorageBytes(pvc.size) ?? 0));
  });

  it('of streams in compose fits a server with its setting', async () => {
    const storageBytes = parseStorageBytes(stack.services['network-setup'].environment.NATS_STORAGE);
    const store = bytesOf(storeIn('deploy/compose/nats.conf'));
    expect(storageBytes).toBeLessThanOrEqual(store);
    const small = { jetstream: { store_dir: join(folder.path, 'small'), max_file_store: store } };
    await withNats({ dir: join(folder.path, 'nats'), jetStream: false, config: small }, async ({ url }) => {
      await ensureNatsStreams({ servers: url, storageBytes: storageBytes ?? 0 });
      // A service that does not know the setting changes nothing: otherwise the server would refuse.
      await ensureNatsStreams({ servers: url });
    });
  });
});

/** bcrypt hash of a password, or the address of the network's NATS. */
const value = (variable: string) =>
  variable.startsWith('LEAF_URL')
    ? `tls://a:b@127.0.0.1:742${Number(variable.split('_')[2] ?? 1)}`
    : '$2a$11$ooo09NTWPzMLpkBv5TWyEu6hs9SBnAtnGUNkD2h3y7b9BuBfgkVRe';

/** Without certificates, which are not there. */
function withoutFiles(settings: Record<string, unknown>): Record<string, unknown> {
  return JSON.parse(JSON.stringify(settings, (key, one) => (key === 'tls' ? undefined : one)));
}

async function withNats(options: Parameters<typeof startNats>[0], use: (server: ServerProcess) => Promise<void>) {
  const server = await startNats(options);
  try {
    await use(server);
  } finally {
    await server.stop();
  }
}
