/** A real Kubo node, in a folder of its own, that talks to those nodes alone that it is told of. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startServer } from '@assay/adapters/process/child-server';
import { freePort } from '@assay/adapters/process/free-port';
import type { ServerProcess } from '@assay/adapters/process/server-programs';
import { bin } from '../cluster/modules.ts';

const program = join(bin, 'ipfs');
const run = promisify(execFile);

/** A running node. */
export interface KuboNode extends ServerProcess {
  /** One command of its RPC, such as `repo/gc`. Resolves with the body; rejects with it if the command fails. */
  command(path: string): Promise<string>;
  /** Connects it to another. */
  connect(other: KuboNode): Promise<void>;
}

/** Starts a node without bootstrap nodes, discovery or routing, on the loopback interface. */
export async function startKubo(dir: string): Promise<KuboNode> {
  const repo = `--repo-dir=${dir}`;
  const port = await freePort();
  await run(program, [repo, 'init', '--profile=test']);
  await run(program, [repo, 'config', 'Addresses.API', `/ip4/127.0.0.1/tcp/${port}`]);
  await run(program, [repo, 'config', 'Routing.Type', 'none']);
  const server = await startServer(
    {
      name: 'ipfs',
      command: program,
      install: 'npm run test:servers',
      scheme: 'http',
      args: () => [repo, 'daemon', '--enable-gc=false'],
      probe: async () => void (await commandOf(`http://127.0.0.1:${port}`, 'id')),
    },
    port,
  );
  const command = (path: string) => commandOf(server.url, path);
  return Object.assign(server, {
    command,
    async connect(other: KuboNode) {
      const { Addresses: addresses } = JSON.parse(await other.command('id')) as { Addresses: string[] };
      await command(`swarm/connect?arg=${encodeURIComponent(addresses[0] ?? '')}`);
    },
  });
}

async function commandOf(url: string, path: string): Promise<string> {
  const answer = await fetch(`${url}/api/v0/${path}`, { method: 'POST', signal: AbortSignal.timeout(30_000) });
  const body = await answer.text();
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${body}`);
  return body;
}
