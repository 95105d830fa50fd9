/** The shipped servers of a signing journal: their configuration runs, and only whoever has the password reads it. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { type ServerProcess, startServer } from '@assay/adapters/process/child-server';
import { freePort } from '@assay/adapters/process/free-port';
import { openSigningJournal } from '@assay/composition/signing-journal';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assayProgram } from '../integration/assay-program.ts';
import { temporaryFolder } from '../integration/temporary-folder.ts';
import { build, type Manifest, root, workloads } from './kustomize.ts';
import { makeCertificates } from './nats-cluster.ts';

const names = ['signing-journal-0', 'signing-journal-1', 'signing-journal-2'];
const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const confOf = (path: string) => readFileSync(join(root, 'deploy/kubernetes', path), 'utf8');

/** Resolves if something listens at a port of this machine. */
function answers(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port }, () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', reject);
  });
}

/** The shipped file with the paths and addresses of this machine. */
function localised(
  text: string,
  dir: string,
  tls: string,
  ports: readonly { client: number; route: number }[],
): string {
  const own = ports[names.indexOf(dir.split('/').at(-1) ?? '')];
  return (
    text
      .replaceAll('/etc/nats-tls', tls)
      .replace('/data', join(dir, 'data'))
      // Newer than the server that tests run; test/deploy/nats-cluster.test.ts has the same.
      .replace('sync_interval: always', '')
      .replace('http_port: 8222', `http_port: -1`)
      .replace('port: 4222', `host: 127.0.0.1, port: ${own?.client}`)
      .replace('port: 6222', `host: 127.0.0.1, port: ${own?.route}`)
      .replaceAll(
        /(signing-journal-\d)\.signing-journal:6222/g,
        (_, name) => `127.0.0.1:${ports[names.indexOf(name)]?.route}`,
      )
  );
}

describe.each([
  ['three servers', 'base/operator/signing-journal.conf', 3],
  ['one server', 'overlays/local/operator/signing-journal.conf', 1],
])('a signing journal of %s', (_, path, count) => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  const servers: ServerProcess[] = [];
  let settings: Parameters<typeof openSigningJournal>[0];

  beforeAll(async () => {
    folder = await temporaryFolder();
    const { caFile, certFile, keyFile } = makeCertificates(folder.path);
    const tls = join(folder.path, 'tls');
    copyFileSync(certFile, join(tls, 'tls.crt'));
    copyFileSync(keyFile, join(tls, 'tls.key'));
    copyFileSync(caFile, join(tls, 'ca.crt'));
    const ports = await Promise.all(names.map(async () => ({ client: await freePort(), route: await freePort() })));
    const passwordFile = join(folder.path, 'password');
    writeFileSync(passwordFile, 'a password', { mode: 0o600 });
    for (const [index, name] of names.slice(0, count).entries()) {
      const dir = join(folder.path, name);
      execFileSync('mkdir', ['-p', dir]);
      writeFileSync(join(dir, 'users.conf'), 'users: [ { user: signing-journal, password: "a password" } ]\n');
      writeFileSync(join(dir, 'nats.conf'), localised(confOf(path), dir, tls, ports).replace('$POD_NAME', name));
      servers.push(
        await startServer(
          {
            name: 'nats-server',
            command: 'nats-server',
            install: 'apt-get install nats-server',
            scheme: 'nats',
            args: () => ['-c', join(dir, 'nats.conf')],
            probe: (port) => answers(port),
          },
          ports[index]?.client,
        ),
      );
    }
    settings = {
      SIGNING_JOURNAL: servers[0]?.url ?? '',
      SIGNING_JOURNAL_USER: 'signing-journal',
      SIGNING_JOURNAL_PASSWORD_FILE: passwordFile,
      SIGNING_JOURNAL_CA_FILE: caFile,
    };
  });

  afterAll(async () => {
    await Promise.all(servers.map((server) => server.stop()));
    await folder.remove();
  });

  it('is created by the command of the job, and keeps what a replica records for the next one', async () => {
    const [job] = workloads(build('several-operators')).filter(({ name }) => name.includes('create-signing-journal'));
    const args = ((job?.pod.spec.containers[0].args ?? []) as string[]).map((arg) =>
      arg
        .replace('$(SIGNING_JOURNAL)', settings.SIGNING_JOURNAL)
        .replace('$(SIGNING_JOURNAL_COPIES)', String(count))
        .replace('$(SIGNING_JOURNAL_FROM_EPOCH)', '0')
        .replace('/run/assay/journal/password', settings.SIGNING_JOURNAL_PASSWORD_FILE ?? '')
        .replace('/run/assay/bus-ca/ca.crt', settings.SIGNING_JOURNAL_CA_FILE ?? ''),
    );
    execFileSync(process.execPath, [...assayProgram(), ...args], { encoding: 'utf8' });
    const [first, second] = [await openSigningJournal(settings, silent), await openSigningJournal(settings, silent)];
    const entry = { key: 'claim/0x01', value: new Uint8Array([1]) };
    expect(await first.record(1, [entry])).toEqual({ status: 'recorded' });
    expect(await second.record(1, [{ ...entry, value: new Uint8Array([2]) }])).toMatchObject({ status: 'held' });
    await Promise.all([first.close(), second.close()]);
  });

  it.runIf(count === 1)('refuses whoever has no password', async () => {
    const { SIGNING_JOURNAL_PASSWORD_FILE: _password, ...without } = settings;
    await expect(openSigningJournal(without, silent)).rejects.toThrow(/refuses user/);
  });
});

describe('the manifests of an operator', () => {
  it.each(['several-operators', 'local'])(
    'in %s: validators have a journal, and nothing creates it by itself',
    (overlay) => {
      const manifests = build(overlay);
      const jobs = manifests.filter(
        ({ kind, metadata }) => kind === 'Job' && metadata.name.startsWith('create-signing'),
      );
      expect(jobs.length).toBeGreaterThan(0);
      for (const { spec } of jobs) expect(spec.suspend).toBe(true);
      const journals = manifests.filter(
        ({ kind, metadata }) => kind === 'Service' && metadata.name.startsWith('signing-journal'),
      );
      const settings = manifests.flatMap(({ kind, metadata, data }: Manifest) =>
        kind === 'ConfigMap' && data?.SIGNING_JOURNAL
          ? [{ namespace: metadata.namespace, place: data.SIGNING_JOURNAL }]
          : [],
      );
      expect(settings).toEqual(
        journals.map(({ metadata }) => ({ namespace: metadata.namespace, place: `nats://${metadata.name}:4222` })),
      );
    },
  );
});
