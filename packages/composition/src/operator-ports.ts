/** Connects a validator's ports: those of every service, an authenticated cache, and its operator's journal. */
import { createHmac } from 'node:crypto';
import { authenticatedCache } from '@assay/adapters/redis/authenticated-cache';
import { fromHex, keccak256, toHex, utf8 } from '@assay/protocol/encoding/bytes';
import type { Keyring, SigningJournal } from '@assay/protocol/ports';
import { fromSettingLater } from '@assay/runtime/service/settings';
import { connectServicePorts, type ServicePorts, type ServicePortsOptions } from './service-ports.ts';
import { openSigningJournal } from './signing-journal.ts';

/** The ports of a validator. */
export interface OperatorPorts extends ServicePorts {
  readonly journal: SigningJournal;
}

/** The options of an operator; the cache's keys begin with its address. */
export type OperatorPortsOptions = Omit<ServicePortsOptions, 'cachePrefix'> & {
  readonly settings: { readonly SIGNING_JOURNAL?: string | undefined };
};

/** Connects. Rejects like {@link connectServicePorts}, and if the configured journal does not exist. */
export async function connectOperatorPorts(options: OperatorPortsOptions, keyring: Keyring): Promise<OperatorPorts> {
  const { SIGNING_JOURNAL: place } = options.settings;
  const ports = await connectServicePorts({ ...options, cachePrefix: keyring.address });
  const { log } = ports.telemetry;
  if (place === undefined)
    log.warn('no signing journal is set (SIGNING_JOURNAL): what this operator signed is known to the bus alone');
  const journal = await fromSettingLater('SIGNING_JOURNAL', () => openSigningJournal(place, log));
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

/**
 * 32 bytes that only the holder of the operator's key can derive. They are the same for every replica, because
 * signatures are deterministic (RFC 6979). The signed text is neither an EIP-712 message nor a transaction, so the
 * signature is useless elsewhere.
 */
async function operatorSecret(keyring: Keyring, purpose: string): Promise<Uint8Array> {
  const text = utf8(`assay operator secret v1 ${purpose}`);
  const signature = await keyring.sign(keccak256(text), toHex(text));
  return new Uint8Array(createHmac('sha256', fromHex(signature)).update(purpose).digest());
}
