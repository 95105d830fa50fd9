/** A local network of four operators with the test's own connection to its bus. */
import { readSecretFile } from '@assay/adapters/keys/key-file';
import { connectNats } from '@assay/adapters/nats/bus';
import { type LocalNetwork, type LocalNetworkOptions, startLocalNetwork } from '@assay/cli/network/local-network';
import type { ServiceProcess } from '@assay/cli/network/service-process';
import type { Role } from '@assay/protocol/observation/role';
import type { Bus, ContentStore } from '@assay/protocol/ports';
import { GatewayClient } from '@assay/sdk/gateway-client';

export interface WatchedNetwork extends LocalNetwork {
  readonly bus: Bus;
  readonly contentStore: ContentStore;
  /** A key of every scope, where the gateway asks for keys; the client `gateway` uses it. */
  readonly apiKey: string | undefined;
}

/** Starts the network with a short block time, so that a test waits for the network and not for the chain. */
export async function startWatchedNetwork(options: Partial<LocalNetworkOptions> = {}): Promise<WatchedNetwork> {
  const network = await startLocalNetwork({
    operators: 4,
    replicas: 1,
    aggregators: 2,
    blockTimeSeconds: 0.25,
    ...options,
  });
  try {
    const ports = await connectNats({ servers: network.servers.nats.url, name: 'end-to-end test' });
    const stop = async () => {
      await ports.bus.close();
      await network.stop();
    };
    const { adminKeyFile, gatewayUrl } = network;
    const apiKey = adminKeyFile === undefined ? undefined : readSecretFile(adminKeyFile);
    const gateway = new GatewayClient(gatewayUrl, { apiKey });
    return { ...network, ...ports, gateway, apiKey, stop };
  } catch (error) {
    await network.stop();
    throw error;
  }
}

/** The validator process of an operator and role. */
export function validatorOf(network: LocalNetwork, operator: number, role: Role, replica = 0): ServiceProcess {
  return serviceNamed(network, `operator-${operator}-${role}-${replica}`);
}

/** The process with a name of the network's plan. */
export function serviceNamed(network: LocalNetwork, name: string): ServiceProcess {
  const found = network.services.find((one) => one.name === name);
  if (found === undefined) throw new Error(`The network has no process "${name}".`);
  return found;
}
