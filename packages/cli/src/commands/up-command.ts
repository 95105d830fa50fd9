/** `assay up` and `assay dev`: a local network that runs until Ctrl-C; `dev` restarts the services whose sources change. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { keyringFromKeyFile } from '@assay/adapters/keys/key-file';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { installedNetwork } from '../install/installed-network.ts';
import { standInModel } from '../miner/stand-in.ts';
import { controlSocketOf, serveControl } from '../network/control-socket.ts';
import { commandName } from '../network/installation.ts';
import { type LocalNetwork, startLocalNetwork } from '../network/local-network.ts';
import { type LocalRouter, startLocalRouter } from '../network/local-router.ts';
import { networkFileOf } from '../network/network-file.ts';
import { restartOnChange } from '../network/restart-on-change.ts';
import { RunningServices } from '../network/running-services.ts';
import { counted, Progress, paint, print, tableOf } from '../output/terminal.ts';
import { UsageError } from './usage-error.ts';

export interface UpCommand {
  readonly operators: number;
  readonly replicas: number;
  readonly aggregators: number;
  readonly json: boolean;
  /** Folder of an installed network whose services are started; its chain is at `rpc`. */
  readonly network?: string;
  readonly rpc?: string;
  /** Policy file other than the shipped one. */
  readonly policies?: string;
  /** Port of the gateway; 0: any free one. */
  readonly port: number;
  /** Start the Router too, with three miners over the stand-in model. */
  readonly router: boolean;
  /** Let the Router ask for payments. */
  readonly paid: boolean;
  /** Ask for API keys. */
  readonly apiKeys: boolean;
  /** Restart services whose sources change. An exit of a process is then only reported and does not end the network. */
  readonly watch: boolean;
  readonly signal: AbortSignal;
}

/**
 * Runs until the signal aborts or, without `watch`, until a process of the network fails; resolves with the exit code.
 */
export async function upCommand(options: UpCommand): Promise<number> {
  const progress = new Progress();
  const { network: folder, policies, ...size } = options;
  if (options.paid && (folder !== undefined || !options.router))
    throw new UsageError('--paid is for the Router of a new local network, without --network and --no-router.');
  const installed = folder === undefined ? undefined : await installedNetwork(folder, options.rpc);
  const network = await startLocalNetwork({
    ...size,
    ...(policies === undefined ? {} : { policiesFile: policies }),
    ...installed,
    gatewayPort: options.port,
    useRunning: true,
    explorer: true,
    onProgress: (step) => progress.say(step),
  });
  const file = networkFileOf(process.cwd());
  let router: LocalRouter | undefined;
  let standing: { close(): Promise<void> } | undefined;
  try {
    if (options.router) {
      progress.say('starting the Router and three miners');
      router = await startLocalRouter(network, options.paid);
      options.signal.throwIfAborted();
    }
    const failed = Promise.withResolvers<number>();
    standing = await serveServices(network, router, options.watch, () => failed.resolve(1));
    progress.end();
    await mkdir(dirname(file), { recursive: true });
    const connection = await connectionOf(network, router);
    await writeFile(file, `${JSON.stringify(connection, null, 2)}\n`);
    if (options.json) print(JSON.stringify({ status: 'up', ...connection }));
    else for (const line of describe(network, router, options.watch)) print(line);
    return await Promise.race([failed.promise, aborted(options.signal)]);
  } finally {
    progress.say('stopping the network');
    await standing?.close();
    await network.stop();
    await router?.closeMiners();
    await rm(file, { force: true });
    progress.end();
  }
}

/** Lets `assay service` take the place of a process, and restarts what changes. `onEnd`: a process failed for good. */
async function serveServices(
  network: LocalNetwork,
  router: LocalRouter | undefined,
  watch: boolean,
  onEnd: () => void,
): Promise<{ close(): Promise<void> }> {
  const all = router === undefined ? network.services : [...network.services, router.service];
  const services = new RunningServices({ services: all, start: (spec) => network.start(spec) }, (reason) => {
    say(`${paint('red', 'a process failed', process.stderr)}: ${reason}`);
    if (watch) say('It starts again when one of its files changes.');
    else onEnd();
  });
  const control = await serveControl(controlSocketOf(network.dir), services, say);
  const watching = watch ? restartOnChange(services, say) : undefined;
  return {
    close: async () => {
      services.end();
      watching?.close();
      await control.close();
    },
  };
}

/** Events of the running network go to the error stream, with the time of day. */
function say(line: string): void {
  const time = new Date().toTimeString().slice(0, 8);
  process.stderr.write(`${paint('dim', time, process.stderr)}  ${line}\n`);
}

async function connectionOf(network: LocalNetwork, router: LocalRouter | undefined) {
  const { gatewayUrl, rpcUrl, contracts, dir } = network;
  const { baseUrl: openaiBaseUrl, price } = router ?? {};
  const ways = {
    gatewayUrl,
    ...(openaiBaseUrl === undefined ? {} : { openaiBaseUrl }),
    ...(price === undefined ? {} : { price }),
    rpcUrl,
  };
  return {
    ...ways,
    ...contracts,
    natsUrl: network.servers.nats.url,
    transmitters: await transmittersOf(network),
    healthUrl: healthOf(network),
    logs: join(dir, 'logs'),
    control: controlSocketOf(dir),
    ...(network.adminKeyFile === undefined ? {} : { adminKeyFile: network.adminKeyFile }),
  };
}

/** The accounts that post batches: what they say of the audit log counts for `assay audit verify`. */
export async function transmittersOf({ specs }: Pick<LocalNetwork, 'specs'>): Promise<Hex[]> {
  const aggregators = specs.filter(({ service }) => service === 'consensus-aggregator');
  const keyrings = aggregators.map(({ environment }) =>
    keyringFromKeyFile(environment.TRANSMITTER_KEY_FILE ?? '', environment.TRANSMITTER_KEY_PASSWORD_FILE),
  );
  return (await Promise.all(keyrings)).map(({ address }) => address);
}

/** Health, readiness and metrics are on a port of their own, so that the API's port can be public. */
function healthOf({ services }: LocalNetwork): string {
  return `http://127.0.0.1:${services.find(({ service }) => service === 'gateway')?.facts.healthPort}/healthz`;
}

function describe(network: LocalNetwork, router: LocalRouter | undefined, isWatching: boolean): string[] {
  const rows = [
    ...(router === undefined ? [] : [['  Router', `${router.baseUrl}  (before three stand-in miners)`]]),
    ['  explorer', `${network.gatewayUrl}/  (open it in a browser)`],
    ['  gateway', network.gatewayUrl],
    ['  its health', `${healthOf(network)}  (a service states its healthPort in the first lines of its log)`],
    ['  chain', `${network.rpcUrl}  (hub ${network.contracts.hub})`],
    ['  NATS', network.servers.nats.url],
    ['  Redis', network.servers.redis.url],
    ['  operators', network.operators.map((one) => one.address.slice(0, 10)).join(' ')],
    ['  policies', network.policies.map((one) => one.name).join(', ')],
    ['  logs', join(network.dir, 'logs')],
  ];
  const example = `curl -s ${network.gatewayUrl}/v1/tasks${credentials(network)} -H 'content-type: application/json' -d '{"reference":"sum-1","prompt":"What is 2 + 2?","submissions":[{"miner":"a","output":"2 + 2 is 4."},{"miner":"b","output":"The answer is 4."},{"miner":"c","output":"It is four: 2 + 2 = 4."}]}'`;
  const services = network.services.length + (router === undefined ? 0 : 1);
  return [
    paint('bold', `Assay is up: ${services} services, ${counted(network.operators.length, 'operator')}`),
    ...tableOf(rows),
    '',
    ...(network.adminKeyFile === undefined
      ? []
      : [
          '  Requests need an API key. The first key can create others:',
          `    export ASSAY_API_KEY=$(cat ${network.adminKeyFile})`,
          `    ${commandName} key create --owner "an app" --scopes submit read`,
        ]),
    ...(router === undefined
      ? []
      : ['  Ask through the Router, with curl or any OpenAI client:', `    ${question(network, router)}`]),
    ...(router?.price === undefined
      ? []
      : [
          `  An answer that is accepted costs ${router.price.amount} units of a trial dollar. Pay it with the example:`,
          '    node examples/paid-answer/main.ts "What is 112 + 391?"',
        ]),
    '  Submit a task:',
    `    ${example}`,
    '  Then fetch its certified report and prove it against the chain:',
    `    ${commandName} report <taskId>`,
    '  Run one of the services yourself, under a debugger:',
    `    ${commandName} service semantic-validator --operator ${Math.min(2, network.operators.length - 1)} --inspect`,
    '',
    isWatching
      ? '  Services restart when their sources change. Ctrl-C stops everything.'
      : '  Ctrl-C stops everything.',
  ];
}

/** The header of an example, where the network asks for API keys. */
function credentials({ adminKeyFile }: LocalNetwork): string {
  return adminKeyFile === undefined ? '' : ' -H "authorization: Bearer $ASSAY_API_KEY"';
}

function question(network: LocalNetwork, { baseUrl }: LocalRouter): string {
  const body = JSON.stringify({ model: standInModel, messages: [{ role: 'user', content: 'What is 112 + 391?' }] });
  return `curl -s ${baseUrl}/chat/completions${credentials(network)} -H 'content-type: application/json' -d '${body}'`;
}

function aborted(signal: AbortSignal): Promise<number> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(0);
    signal.addEventListener('abort', () => resolve(0), { once: true });
  });
}
