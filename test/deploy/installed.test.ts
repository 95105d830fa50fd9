/** What stopped an installation once, on the built manifests: Secrets, the cache, autoscalers, drains, the CA. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startServer } from '@assay/adapters/process/child-server';
import { redisUsers } from '@assay/adapters/redis/users';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../integration/temporary-folder.ts';
import { build, type Manifest, overlays, root, workloads } from './kustomize.ts';

const built = new Map(overlays.map((overlay) => [overlay, build(overlay)]));
const manifestsOf = (overlay: string) => built.get(overlay) ?? [];
const named = (manifests: readonly Manifest[], kind: string) => manifests.filter((one) => one.kind === kind);

describe.each(overlays)('overlay %s', (overlay) => {
  const manifests = manifestsOf(overlay);

  it('leaves the number of replicas to the autoscaler, where there is one', () => {
    for (const { metadata, spec } of [
      ...named(manifests, 'HorizontalPodAutoscaler'),
      ...named(manifests, 'ScaledObject'),
    ]) {
      const target = named(manifests, 'Deployment').find(
        (one) => one.metadata.name === spec.scaleTargetRef.name && one.metadata.namespace === metadata.namespace,
      );
      expect([metadata.name, target?.spec]).toEqual([metadata.name, expect.anything()]);
      expect([metadata.name, target?.spec.replicas]).toEqual([metadata.name, undefined]);
    }
  });

  it('takes signed answers only, unless it is for trials', () => {
    const maps = named(manifests, 'ConfigMap').filter(({ data }) => 'policies.json' in data);
    const wanted = overlay === 'local' ? 'optional' : 'required';
    expect(maps.length).toBeGreaterThan(0);
    for (const { data } of maps)
      for (const { submissionSignatures } of JSON.parse(data['policies.json']))
        expect(submissionSignatures).toBe(wanted);
    expect(new Set(maps.map(({ data }) => data['policies.json'])).size).toBe(1);
  });

  it('mounts the password at Redis of no other service', () => {
    for (const { manifest, pod } of workloads(manifests)) {
      const mounted = (pod.spec.volumes ?? []).filter(({ secret }: Manifest) => secret?.secretName === 'cache');
      if (mounted.length === 0 || manifest.metadata.name === 'redis') continue;
      const items = mounted.map(({ secret }: Manifest) => secret.items);
      expect([manifest.metadata.name, items]).toEqual([
        manifest.metadata.name,
        [[{ key: expect.toBeOneOf(redisUsers), path: 'password' }]],
      ]);
    }
  });

  it('overwrites no certificate: the CA for NATS comes from whoever installs', () => {
    expect(named(manifests, 'ConfigMap').filter(({ data }) => data['ca.crt'] === '')).toEqual([]);
  });

  it('has Redis where its services look for it, without another chart', () => {
    const services = named(manifests, 'Service');
    for (const map of named(manifests, 'ConfigMap').filter(({ data }) => 'REDIS_URL' in data)) {
      const host = new URL(map.data.REDIS_URL).hostname;
      const found = services.filter(
        ({ metadata }) => metadata.name === host && metadata.namespace === map.metadata.namespace,
      );
      expect([map.metadata.namespace, found.length]).toEqual([map.metadata.namespace, 1]);
    }
  });

  it('ends no pod that takes requests before the ingress controller knows', () => {
    const entries = workloads(manifests).filter(({ pod }) =>
      pod.spec.containers.some((one: Manifest) => one.ports?.some(({ name }: { name: string }) => name === 'http')),
    );
    for (const { name, pod } of entries) {
      const { seconds } = pod.spec.containers[0].lifecycle?.preStop?.sleep ?? {};
      expect([name, seconds]).toEqual([name, expect.any(Number)]);
      // A service drains within 3 × 15 s.
      expect(seconds + 45).toBeLessThanOrEqual(pod.spec.terminationGracePeriodSeconds);
    }
  });
});

it.each(['production', 'several-operators', 'three-regions'])(
  'External Secrets in %s bring every Secret that pods mount',
  (overlay) => {
    const manifests = manifestsOf(overlay);
    const brought = new Set(
      named(manifests, 'ExternalSecret').map(({ metadata, spec }) => `${metadata.namespace}/${spec.target.name}`),
    );
    // From cert-manager.
    const certificates = ['nats-tls', 'nats-ca'];
    const secretsOf = ({ secret, projected }: Manifest): string[] =>
      [secret?.secretName, ...(projected?.sources ?? []).map((one: Manifest) => one.secret?.name)].filter(
        (name) => name !== undefined,
      );
    const wanted = workloads(manifests).flatMap(({ manifest, pod }) =>
      (pod.spec.volumes ?? [])
        .flatMap(secretsOf)
        .filter((name: string) => !certificates.includes(name))
        .map((name: string) => `${manifest.metadata.namespace}/${name}`),
    );
    // NATS's chart, which is not built here, reads its users' passwords.
    const ofChart = named(manifests, 'Namespace').map(({ metadata }) => `${metadata.name}/nats-users`);
    expect([...wanted, ...ofChart].filter((name) => !brought.has(name))).toEqual([]);
  },
);

describe('Redis as components/redis starts it', () => {
  const component = join(root, 'deploy/kubernetes/components/redis');
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;

  beforeAll(async () => {
    folder = await temporaryFolder();
  });
  afterAll(() => folder.remove());

  const environmentOf = (passwords: Readonly<Record<string, string>>) => {
    const place = mkdtempSync(join(folder.path, 'passwords-'));
    for (const [user, password] of Object.entries(passwords)) writeFileSync(join(place, user), password);
    return { PASSWORDS_FOLDER: place, ACL_FOLDER: place };
  };
  const passwordOf = (user: string) => `a pass-word $1 of ${user}`;

  it('takes the passwords of the Secret, gives each service its own keys, and nobody anything without one', async () => {
    Object.assign(
      process.env,
      environmentOf(Object.fromEntries(redisUsers.map((user) => [user, `${passwordOf(user)}\n`]))),
    );
    const server = await startServer({
      name: 'redis-server',
      command: 'sh',
      install: 'apt-get install -y --no-install-recommends redis-server',
      scheme: 'redis',
      args: (port) => [`${component}/start.sh`, `${component}/redis.conf`, '--port', String(port)],
      probe: async (port) => {
        ask(port, ['PING']);
      },
    });
    try {
      const port = Number(new URL(server.url).port);
      const as = (user: string, ...command: readonly string[]) =>
        ask(port, ['--user', user, '--pass', passwordOf(user), '--no-auth-warning', ...command]);
      const state = 'assay:oracle-key-participant:session:0x01';
      expect(ask(port, ['SET', state, '1'])).toContain('NOAUTH');
      expect(as('participant', 'SET', state, '1')).toBe('OK');
      expect(as('gateway', 'SET', 'assay:rate:requests:a', '1')).toBe('OK');
      for (const user of redisUsers) {
        expect(as(user, 'SET', 'other', '1')).toContain('NOPERM');
        expect(as(user, 'FLUSHALL')).toContain('NOPERM');
        expect(as(user, 'CONFIG', 'GET', 'maxmemory-policy')).toContain('NOPERM');
        if (user !== 'participant') expect(as(user, 'SET', state, 'an old one'), user).toContain('NOPERM');
      }
      expect(as('participant', 'GET', state)).toBe('1');
    } finally {
      await server.stop();
    }
  });

  it.each([
    ['an empty password', { gateway: '', participant: 'x' }],
    ['no password', {}],
  ])('does not start with %s', (_, passwords) => {
    const env = { ...process.env, ...environmentOf(passwords) };
    const start = () =>
      execFileSync('sh', [`${component}/start.sh`, `${component}/redis.conf`], { env, stdio: 'pipe' });
    expect(start).toThrow();
  });
});

function ask(port: number, args: readonly string[]): string {
  return execFileSync('redis-cli', ['-p', String(port), ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  }).trim();
}
