/** etcd and the API server of Kubernetes: what admits objects. Nothing runs them. */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { freePort } from '@assay/adapters/process/free-port';
import { type Daemon, ready, startDaemon } from './daemon.ts';
import { bin } from './modules.ts';

/** What the API server answered. */
export interface Answer {
  readonly status: number;
  /** What it did not refuse and says all the same. */
  readonly warnings: readonly string[];
  // biome-ignore lint/suspicious/noExplicitAny: an object of any kind.
  readonly body: any;
}

/** A running API server. */
export interface ApiServer {
  /** Asks with every right. */
  ask(method: string, path: string, body?: string, type?: string): Promise<Answer>;
  /** What `ask` logs in with. */
  readonly login: Login;
  stop(): Promise<void>;
}

/** How it is reached by others than this process. */
export interface ApiServerOptions {
  /** An address of this machine; without it, 127.0.0.1, where no pod reaches it. */
  readonly address?: string;
  readonly flags?: readonly string[];
}

/** Starts both, with their files in an empty folder, and waits until the API server is ready. */
export async function startApiServer(folder: string, options: ApiServerOptions = {}): Promise<ApiServer> {
  const started: Daemon[] = [];
  const stop = async () => {
    for (const daemon of [...started].reverse()) await daemon.stop();
  };
  try {
    const { daemon, url: etcd } = await startEtcd(folder);
    started.push(daemon);
    const port = await freePort();
    const url = `https://${options.address ?? '127.0.0.1'}:${port}`;
    const token = randomBytes(16).toString('hex');
    writeFileSync(join(folder, 'tokens.csv'), `${token},admin,admin,"system:masters"\n`, { mode: 0o600 });
    writeServiceAccountKeys(folder);
    const log = join(folder, 'kube-apiserver.log');
    const server = startDaemon(join(bin, 'kube-apiserver'), argsOf(folder, etcd, port, options), log);
    started.push(server);
    const certificate = join(folder, 'certificates/apiserver.crt');
    const login = { url, token, certificate };
    const ask = asker(login);
    await ready(server, async () => (await ask('GET', '/readyz')).status === 200);
    return { ask, login, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Its data is of no value, so it is not synced to the disk. */
async function startEtcd(folder: string): Promise<{ readonly daemon: Daemon; readonly url: string }> {
  const url = `http://127.0.0.1:${await freePort()}`;
  const peers = `http://127.0.0.1:${await freePort()}`;
  const clients = [`--listen-client-urls=${url}`, `--advertise-client-urls=${url}`];
  const others = [`--listen-peer-urls=${peers}`, `--initial-advertise-peer-urls=${peers}`];
  const args = [`--data-dir=${join(folder, 'etcd')}`, ...clients, ...others, `--initial-cluster=default=${peers}`];
  const daemon = startDaemon(join(bin, 'etcd'), [...args, '--unsafe-no-fsync'], join(folder, 'etcd.log'));
  try {
    await ready(daemon, async () => (await fetch(`${url}/health`)).ok);
  } catch (error) {
    await daemon.stop();
    throw error;
  }
  return { daemon, url };
}

function writeServiceAccountKeys(folder: string): void {
  mkdirSync(folder, { recursive: true });
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2_048,
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  writeFileSync(join(folder, 'accounts.key'), privateKey, { mode: 0o600 });
  writeFileSync(join(folder, 'accounts.pub'), publicKey);
}

function argsOf(folder: string, etcd: string, port: number, { address, flags = [] }: ApiServerOptions): string[] {
  const reached = address === undefined ? ['--endpoint-reconciler-type=none'] : [`--advertise-address=${address}`];
  return [
    `--etcd-servers=${etcd}`,
    `--secure-port=${port}`,
    `--bind-address=${address ?? '127.0.0.1'}`,
    `--cert-dir=${join(folder, 'certificates')}`,
    `--service-account-key-file=${join(folder, 'accounts.pub')}`,
    `--service-account-signing-key-file=${join(folder, 'accounts.key')}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    `--token-auth-file=${join(folder, 'tokens.csv')}`,
    '--authorization-mode=RBAC,Node',
    '--service-cluster-ip-range=10.96.0.0/16',
    '--profiling=false',
    ...reached,
    ...flags,
  ];
}

/** An address with a token that has every right. */
export interface Login {
  readonly url: string;
  readonly token: string;
  /** The file of the certificate that the server made for itself. */
  readonly certificate: string;
}

/** Asks the server with the certificate that it made for itself. */
function asker({ url, token, certificate }: Login): ApiServer['ask'] {
  let agent: Agent | undefined;
  return (method, path, body, type = 'application/json') => {
    agent ??= new Agent({ ca: readFileSync(certificate), keepAlive: true });
    const headers = { authorization: `Bearer ${token}`, accept: 'application/json' };
    const withBody = body === undefined ? headers : { ...headers, 'content-type': type };
    return new Promise<Answer>((done, fail) => {
      const sent = request(`${url}${path}`, { method, agent, headers: withBody }, (answer) => {
        let text = '';
        answer.setEncoding('utf8');
        answer.on('data', (part: string) => {
          text += part;
        });
        answer.on('error', fail);
        answer.on('end', () => {
          const warnings = [answer.headers.warning ?? []].flat();
          done({ status: answer.statusCode ?? 0, warnings, body: parsed(text) });
        });
      });
      sent.on('error', fail);
      sent.end(body);
    });
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
