/** The options of a local network that start the services of a network which is on its chain already. */
import { UsageError } from '../commands/usage-error.ts';
import type { LocalNetworkOptions } from '../network/local-network.ts';
import { chainPresets, settingsFor } from './chain-presets.ts';
import { contractsOf, type InstalledNetwork, pathIn, readNetworkFolder } from './network-folder.ts';

type Options = Pick<LocalNetworkOptions, 'installed' | 'policiesFile' | 'environment'>;

/** Reads the folder. Throws {@link UsageError} before its contracts are deployed, or if a key of its own is missing. */
export async function installedNetwork(folder: string, rpcUrl: string | undefined): Promise<Options> {
  if (rpcUrl === undefined) throw new UsageError('Name the chain of the network: --rpc <url>.');
  const network = await readNetworkFolder(folder);
  const contracts = contractsOf(network, folder);
  const path = (name: string) => pathIn(folder, name);
  const { oracle, sealer, transmitters, passwordFile } = network;
  const preset = chainPresets.find(({ name }) => name === network.chain);
  return {
    policiesFile: path(network.policiesFile),
    installed: {
      rpcUrl,
      contracts,
      operators: operatorsOf(network, path),
      transmitterKeyFiles: transmitters.map(({ keyFile }) => path(keyFile)),
      oracle: {
        address: oracle.address,
        agreementKey: oracle.agreementKey,
        keyFile: path(oracle.keyFile),
        agreementKeyFile: path(oracle.agreementKeyFile),
        keyEncryptionKeyFile: path(oracle.keyEncryptionKeyFile),
      },
      sealerKeyFile: sealer === undefined ? undefined : path(sealer.keyFile),
    },
    environment: {
      OPERATOR_KEY_PASSWORD_FILE: path(passwordFile),
      TRANSMITTER_KEY_PASSWORD_FILE: path(passwordFile),
      SEALER_KEY_PASSWORD_FILE: path(passwordFile),
      ...(preset && settingsFor(preset)),
    },
  };
}

function operatorsOf({ operators }: InstalledNetwork, path: (name: string) => string) {
  const own = operators.flatMap(({ address, keyFile, journal }) =>
    keyFile === undefined || journal === undefined ? [] : [{ address, journal, keyFile: path(keyFile) }],
  );
  if (own.length > 0) return own;
  throw new UsageError('No operator of this network has its key in the folder: each starts its own validators.');
}
