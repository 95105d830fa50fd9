/** The Router before a local network, with three miners over the stand-in model, so that a laptop has something to ask. */
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { anvilAccountKey } from '@assay/adapters/evm/anvil-accounts';
import { deployTrialPayments } from '@assay/adapters/evm/payments/trial-payments';
import type { HttpServer } from '@assay/adapters/http/http-server';
import { fromHex, type Hex } from '@assay/protocol/encoding/bytes';
import { addressOf, signDigest } from '@assay/protocol/signature/signature';
import { standIn, standInStream } from '../miner/models.ts';
import { serveMiner } from '../miner/serve-miner.ts';
import { standInModel } from '../miner/stand-in.ts';
import type { LocalNetwork } from './local-network.ts';
import type { Connection } from './network-file.ts';
import { accounts } from './network-keys.ts';
import type { ServiceProcess } from './service-process.ts';

const minersCount = 3;
/** The account of the chain that has the trial dollars. */
const payerAccount = 9;
/** A cent, of which the operators get a twentieth. */
const amount = 10_000;
const feeBasisPoints = 500;

/** The Router's process, and the miners in this one. */
export interface LocalRouter {
  readonly service: ServiceProcess;
  /** What an OpenAI client takes as its base URL. */
  readonly baseUrl: string;
  /** What an answer costs, in the smallest unit of a trial dollar; undefined: nothing. */
  readonly price: { readonly amount: number; readonly token: Hex } | undefined;
  /** Stops the miners; the Router stops with the network. */
  closeMiners(): Promise<void>;
}

/** Starts both. Where the network has no policy `standard`, its first policy judges. */
export async function startLocalRouter(network: LocalNetwork, isPaid: boolean): Promise<LocalRouter> {
  const { network: domain } = await network.gateway.readNetwork();
  const miners = await Promise.all(
    Array.from({ length: minersCount }, async (_, index) => {
      const key = randomBytes(32);
      const address = addressOf(key);
      const sign = async (digest: Hex) => signDigest(digest, key);
      const models = [standInModel];
      const model = { model: standIn(index), streaming: standInStream(index) };
      const server = await serveMiner({ port: 0, address, sign, domain, ...model, models });
      return {
        server,
        entry: { name: `stand-in-${index}`, url: `http://127.0.0.1:${server.port}/v1`, address, models },
      };
    }),
  );
  const closeMiners = () => closeAll(miners.map(({ server }) => server));
  try {
    const file = join(network.dir, 'miners.json');
    await writeFile(file, JSON.stringify(miners.map(({ entry }) => entry)));
    const names = network.policies.map(({ name }) => name);
    const policy = names.includes('standard') ? 'standard' : (names[0] ?? 'standard');
    const connection = { gatewayUrl: network.gatewayUrl, rpcUrl: network.rpcUrl, ...network.contracts };
    const keys = network.adminKeyFile === undefined ? {} : { API_KEYS: 'required' };
    const paid = isPaid ? await paidPart(network) : undefined;
    const usual = routerEnvironment(connection, { miners: file, policy });
    const environment = { ...usual, ...busPart(network), ...keys, ...paid?.environment };
    const service = await network.start({ service: 'router', name: 'router', environment });
    const baseUrl = `http://127.0.0.1:${service.facts.httpPort}/v1`;
    return { service, baseUrl, price: paid?.price, closeMiners };
  } catch (error) {
    await closeMiners();
    throw error;
  }
}

/** Settings of a Router before a network. */
export function routerEnvironment(
  { gatewayUrl, rpcUrl, hub, registry, keystore }: Connection,
  { miners, policy }: { readonly miners: string; readonly policy: string },
): Record<string, string> {
  return {
    GATEWAY_URL: gatewayUrl,
    CHAIN_RPC_URL: rpcUrl,
    HUB_ADDRESS: hub,
    REGISTRY_ADDRESS: registry,
    KEYSTORE_ADDRESS: keystore,
    MINERS_FILE: miners,
    POLICY: policy,
  };
}

/** The bus as the gateway reaches it: the Router writes its records of the audit log there. */
function busPart({ specs }: LocalNetwork): Record<string, string> {
  const gateway = specs.find(({ service }) => service === 'gateway')?.environment ?? {};
  const names = ['NATS_URL', 'NATS_PASSWORD_FILE'];
  return Object.fromEntries(Object.entries(gateway).filter(([name]) => names.includes(name)));
}

/** Deploys the payments, with trial dollars for one account of the chain, and demands them. */
async function paidPart({ rpcUrl, contracts, dir }: LocalNetwork) {
  const deployerKey = anvilAccountKey(accounts.deployer);
  const holder = addressOf(fromHex(anvilAccountKey(payerAccount)));
  const { payments, token } = await deployTrialPayments({ rpcUrl, deployerKey, hub: contracts.hub, holder });
  const keyFile = join(dir, 'collector.key');
  await writeFile(keyFile, deployerKey, { mode: 0o600 });
  const environment = {
    PAYMENTS_ADDRESS: payments,
    PAYMENT_AMOUNT: String(amount),
    PAYMENT_FEE_BASIS_POINTS: String(feeBasisPoints),
    PAYMENT_FEE_RECEIVER: addressOf(fromHex(deployerKey)),
    TRANSMITTER_KEY_FILE: keyFile,
  };
  return { environment, price: { amount, token } };
}

async function closeAll(servers: readonly HttpServer[]): Promise<void> {
  await Promise.all(servers.map((one) => one.close()));
}
