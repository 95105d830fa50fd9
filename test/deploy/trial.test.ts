/** The trial on a small cluster: whatever its pods mount or read is there after the documented commands, and NATS takes it. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { clusterObjects, clusterUsers } from '@assay/cli/install/cluster-objects';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { temporaryFolder } from '../integration/temporary-folder.ts';
import { build, hasKubectl, type Manifest, root, workloads } from './kustomize.ts';
import { makeCertificates } from './nats-cluster.ts';

const overlay = join(root, 'deploy/kubernetes/overlays/local');
const operator = `0x${'0e'.repeat(20)}` as const;
const key = `0x${'01'.repeat(32)}` as const;
const made = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, `${name}-password`]));
const users = clusterUsers(operator, 1);

const { items } = clusterObjects({
  namespace: 'assay',
  operator,
  operatorKey: key,
  transmitterKeys: [key],
  oracle: { key, agreementKey: key, keyEncryptionKey: key },
  environment: { HUB_ADDRESS: operator },
  passwords: { bus: made(users.bus), cache: made(users.cache), journal: 'journal-password' },
}) as { items: Manifest[] };

/** `kind/name/key` of everything that objects have. */
const keysOf = (objects: readonly Manifest[]) =>
  new Set(
    objects
      .filter(({ kind }) => kind === 'Secret' || kind === 'ConfigMap')
      .flatMap(({ kind, metadata, data, stringData }) => [
        `${kind}/${metadata.name}`,
        ...Object.keys(data ?? stringData ?? {}).map((name) => `${kind}/${metadata.name}/${name}`),
      ]),
  );

/** The same of everything that a pod needs before it starts. */
function neededBy({ spec }: Manifest): string[] {
  const named = (kind: string, name: string | undefined, keys: readonly { key: string }[] = []) =>
    name === undefined ? [] : [`${kind}/${name}`, ...keys.map((one) => `${kind}/${name}/${one.key}`)];
  const sources = (spec.volumes ?? []).flatMap((one: Manifest) => [one, ...(one.projected?.sources ?? [])]);
  return [
    ...sources.flatMap(({ secret, configMap }: Manifest) => [
      ...named('Secret', secret?.secretName ?? secret?.name, secret?.items),
      ...named('ConfigMap', configMap?.name, configMap?.items),
    ]),
    ...spec.containers.flatMap(({ envFrom }: Manifest) =>
      (envFrom ?? []).flatMap(({ configMapRef }: Manifest) => named('ConfigMap', configMapRef?.name)),
    ),
  ];
}

describe.skipIf(!hasKubectl())('the local overlay (needs kubectl)', () => {
  const manifests = build('local');
  const certificates = execFileSync('sh', [join(overlay, 'certificates.sh')], { encoding: 'utf8' });
  const parsed = parseAllDocuments(certificates).map((document) => document.toJS() as Manifest);

  it('lacks nothing after the documented commands', () => {
    const there = keysOf([...manifests, ...items, ...parsed]);
    const wanted = workloads(manifests).flatMap(({ name, pod }) => neededBy(pod).map((one) => ({ name, one })));
    expect(wanted.length).toBeGreaterThan(30);
    expect(wanted.filter(({ one }) => !there.has(one))).toEqual([]);
  });

  it('has one certificate for every name under which its servers are asked', () => {
    const [secret] = parsed.filter(({ kind }) => kind === 'Secret');
    const text = Buffer.from(secret?.data['tls.crt'], 'base64').toString();
    const names = execFileSync('openssl', ['x509', '-noout', '-ext', 'subjectAltName'], { input: text }).toString();
    const hosts = manifests
      .filter(({ kind, data }) => kind === 'ConfigMap' && data?.NATS_URL !== undefined)
      .flatMap(({ data }) => [data.NATS_URL, ...((data.SIGNING_JOURNAL ?? []).split?.(',') ?? [])])
      .map((url: string) => new URL(url).hostname);
    expect(hosts).toContain('signing-journal-operator');
    for (const host of hosts) expect(names).toContain(`DNS:${host}`);
  });
});

describe('NATS of the trial', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  beforeAll(async () => {
    folder = await temporaryFolder();
  });
  afterAll(() => folder.remove());

  it('takes its configuration with the accounts that the command makes', () => {
    const text = readFileSync(join(root, 'deploy/kubernetes/components/local-nats/nats.conf'), 'utf8');
    const { certFile, keyFile } = makeCertificates(folder.path);
    const own = text.replace('/etc/nats-tls/tls.crt', certFile).replace('/etc/nats-tls/tls.key', keyFile);
    mkdirSync(join(folder.path, 'data'));
    // Debian's release is older than `sync_interval: always`.
    const known = own.replace('/data', join(folder.path, 'data')).replace(/ +sync_interval: always\n/, '');
    writeFileSync(join(folder.path, 'nats.conf'), known);
    const [accounts] = items.filter(({ metadata }) => metadata.name === 'nats-accounts');
    writeFileSync(join(folder.path, 'accounts.conf'), accounts?.stringData['accounts.conf']);
    const env = { ...process.env, POD_NAME: 'nats-0' };
    const check = () =>
      execFileSync('nats-server', ['-t', '-c', join(folder.path, 'nats.conf')], { env, stdio: 'pipe' });
    expect(check).not.toThrow();
    expect(accounts?.stringData['accounts.conf']).toContain(`validator-embedding-${operator.slice(2)}`);
  });
});
