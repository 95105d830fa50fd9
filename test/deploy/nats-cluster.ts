/** A cluster of three NATS servers on loopback, with TLS as in production. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '@assay/adapters/process/free-port';
import { type ServerProcess, startNats } from '@assay/adapters/process/server-programs';

export interface NatsCluster {
  readonly servers: readonly ServerProcess[];
  /** Restarts one of them with other accounts, as with another Secret. */
  restartWith(index: number, accounts: unknown): Promise<void>;
  /** All addresses, for clients. */
  readonly urls: string;
  /** The authority that signed the servers' certificates. */
  readonly caFile: string;
  stop(): Promise<void>;
}

/** Starts the three and waits until they respond; `accounts` are those of the servers' configuration. */
export async function startNatsCluster(dir: string, accounts: unknown): Promise<NatsCluster> {
  const certificates = makeCertificates(dir);
  const tls = { cert_file: certificates.certFile, key_file: certificates.keyFile };
  const names = ['nats-0', 'nats-1', 'nats-2'];
  const ports = await Promise.all(names.map(async () => ({ client: await freePort(), route: await freePort() })));
  const routes = ports.map(({ route }) => `nats-route://127.0.0.1:${route}`);
  const start = ({ client, route }: { client: number; route: number }, index: number, users: unknown) =>
    startNats({
      dir: join(dir, names[index] ?? ''),
      port: client,
      config: {
        server_name: names[index],
        accounts: users,
        tls,
        cluster: {
          name: 'assay',
          listen: `127.0.0.1:${route}`,
          routes,
          tls: { ...tls, ca_file: certificates.caFile, verify: true },
        },
      },
    });
  const servers = await Promise.all(ports.map((port, index) => start(port, index, accounts)));
  return {
    servers,
    async restartWith(index, users) {
      const port = ports[index];
      if (port === undefined) throw new RangeError(`There is no server ${index}.`);
      await servers[index]?.stop();
      servers[index] = await start(port, index, users);
    },
    urls: servers.map(({ url }) => url).join(','),
    caFile: certificates.caFile,
    stop: async () => void (await Promise.all(servers.map((server) => server.stop()))),
  };
}

/** A new certificate authority, and one certificate for 127.0.0.1. */
export function makeCertificates(dir: string): { caFile: string; certFile: string; keyFile: string } {
  const folder = join(dir, 'tls');
  mkdirSync(folder, { recursive: true });
  const [caFile, caKey, certFile, keyFile, request, extensions] = [
    'ca.pem',
    'ca.key',
    'server.pem',
    'server.key',
    'server.csr',
    'server.ext',
  ].map((name) => join(folder, name)) as [string, string, string, string, string, string];
  const openssl = (line: string) => execFileSync('openssl', line.split(' '), { stdio: 'pipe' });
  const key = '-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes';
  openssl(`req -x509 ${key} -keyout ${caKey} -out ${caFile} -days 2 -subj /CN=assay-test-ca`);
  openssl(`req ${key} -keyout ${keyFile} -out ${request} -subj /CN=nats`);
  writeFileSync(extensions, 'subjectAltName=IP:127.0.0.1,DNS:localhost\nextendedKeyUsage=serverAuth,clientAuth\n');
  openssl(
    `x509 -req -in ${request} -CA ${caFile} -CAkey ${caKey} -CAcreateserial -out ${certFile} -days 2 -extfile ${extensions}`,
  );
  return { caFile, certFile, keyFile };
}
