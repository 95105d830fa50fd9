/** `assay up`: a local network that runs until Ctrl-C. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Progress, paint, print, tableOf } from '../account/terminal.ts';
import { type LocalNetwork, startLocalNetwork } from '../network/local-network.ts';
import { networkFileOf } from '../network/network-file.ts';

export interface UpCommand {
  readonly operators: number;
  readonly replicas: number;
  readonly aggregators: number;
  readonly json: boolean;
  /** Policy file other than the shipped one. */
  readonly policies?: string;
  readonly signal: AbortSignal;
}

/** Runs until the signal aborts or a process of the network fails; resolves with the exit code. */
export async function upCommand(options: UpCommand): Promise<number> {
  const progress = new Progress();
  const network = await startLocalNetwork({
    ...options,
    ...(options.policies === undefined ? {} : { policiesFile: options.policies }),
    useRunning: true,
    onProgress: (step) => progress.say(step),
  });
  const file = networkFileOf(process.cwd());
  try {
    progress.end();
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, `${JSON.stringify(connectionOf(network), null, 2)}\n`);
    if (options.json) print(JSON.stringify({ status: 'up', ...connectionOf(network) }));
    else for (const line of describe(network)) print(line);
    const failure = await firstFailure(network, options.signal);
    if (failure !== undefined)
      process.stderr.write(`${paint('red', 'a process failed', process.stderr)}: ${failure}\n`);
    return failure === undefined ? 0 : 1;
  } finally {
    progress.say('stopping the network');
    await network.stop();
    await rm(file, { force: true });
    progress.end();
  }
}

function connectionOf({ gatewayUrl, rpcUrl, contracts, dir }: LocalNetwork) {
  return { gatewayUrl, rpcUrl, ...contracts, logs: join(dir, 'logs') };
}

function describe(network: LocalNetwork): string[] {
  const rows = [
    ['  gateway', network.gatewayUrl],
    ['  chain', `${network.rpcUrl}  (hub ${network.contracts.hub})`],
    ['  NATS', network.servers.nats.url],
    ['  Redis', network.servers.redis.url],
    ['  operators', network.operators.map((one) => one.address.slice(0, 10)).join(' ')],
    ['  policies', network.policies.map((one) => one.name).join(', ')],
    ['  logs', join(network.dir, 'logs')],
  ];
  const example = `curl -s ${network.gatewayUrl}/v1/tasks -H 'content-type: application/json' -d '{"reference":"sum-1","prompt":"What is 2 + 2?","submissions":[{"miner":"a","output":"2 + 2 is 4."},{"miner":"b","output":"The answer is 4."},{"miner":"c","output":"It is four: 2 + 2 = 4."}]}'`;
  return [
    paint('bold', `Assay is up: ${network.services.length} services, ${network.operators.length} operators`),
    ...tableOf(rows),
    '',
    '  Hand in a task:',
    `    ${example}`,
    '  Then fetch its certified report and prove it against the chain:',
    '    npm run assay -- report <taskId>',
    '',
    '  Ctrl-C stops everything.',
  ];
}

/** Waits for the signal, or for the first process that goes by itself. */
async function firstFailure(network: LocalNetwork, signal: AbortSignal): Promise<string | undefined> {
  const stopped = new Promise<undefined>((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
  return Promise.race([stopped, ...network.services.map((one) => one.failed)]);
}
