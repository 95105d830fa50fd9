/** Connects a validator's ports: those of every service, an authenticated cache, and its operator's journal. */
import { operatorSecret } from '@assay/adapters/keys/operator-secret';
import { authenticatedCache } from '@assay/adapters/redis/authenticated-cache';
import type { Keyring, SigningJournal } from '@assay/protocol/ports';
import { fromSettingLater } from '@assay/runtime/service/settings';
import { connectServicePorts, type ServicePorts, type ServicePortsOptions } from './service-ports.ts';
import { type JournalSettings, openSigningJournal } from './signing-journal.ts';

/** The ports of a validator. */
export interface OperatorPorts extends ServicePorts {
  readonly journal: SigningJournal;
}

/** The options of an operator; the cache's keys begin with its address. */
export type OperatorPortsOptions = Omit<ServicePortsOptions, 'cachePrefix'> & {
  readonly settings: JournalSettings;
};

/** Connects. Rejects like {@link connectServicePorts}, and if there is no journal. */
export async function connectOperatorPorts(options: OperatorPortsOptions, keyring: Keyring): Promise<OperatorPorts> {
  const ports = await connectServicePorts({ ...options, cachePrefix: keyring.address });
  const { log } = ports.telemetry;
  const journal = await fromSettingLater('SIGNING_JOURNAL', () => openSigningJournal(options.settings, log));
  const key = await operatorSecret(keyring, 'cache');
  return {
    ...ports,
    journal,
    cache: authenticatedCache(ports.cache, { key, clock: ports.clock }),
    close: async () => {
      await Promise.all([ports.close(), journal.close()]);
    },
  };
}
