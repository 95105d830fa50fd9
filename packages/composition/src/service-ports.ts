/** Connects what every service needs: telemetry, bus, content store, cache. */

import { type ContentStoreSettings, chosenContentStore } from '@assay/adapters/content/chosen-content-store';
import { freshContentMemory, noContentMemory } from '@assay/adapters/content/content-cache';
import { useFastPrimitives } from '@assay/adapters/keys/fast-primitives';
import { readSecretFile, secretInFile } from '@assay/adapters/keys/key-file';
import { connectNats } from '@assay/adapters/nats/bus';
import type { NatsOptions } from '@assay/adapters/nats/connection';
import { ensureNatsStreams } from '@assay/adapters/nats/streams';
import { systemClock } from '@assay/adapters/process/system-clock';
import { absentCache } from '@assay/adapters/redis/absent-cache';
import { connectRedisCache } from '@assay/adapters/redis/cache';
import { measuredCache } from '@assay/adapters/redis/measured-cache';
import { redisUserOf } from '@assay/adapters/redis/users';
import type { LogLevel } from '@assay/adapters/telemetry/logger';
import { startTelemetry } from '@assay/adapters/telemetry/telemetry';
import { type BusIdentity, busUserOf, inboxPrefixOf } from '@assay/protocol/bus/permissions';
import type { Bus, Cache, Clock, ContentStore, Telemetry } from '@assay/protocol/ports';

/** Identity of the service and addresses of its servers. Field names are those of the environment variables. */
export interface ServicePortsOptions {
  readonly service: string;
  /** Identity on the bus. */
  readonly identity: BusIdentity;
  readonly settings: {
    readonly NATS_URL: string;
    readonly NATS_USER?: string | undefined;
    readonly NATS_PASSWORD_FILE?: string | undefined;
    readonly NATS_CA_FILE?: string | undefined;
    readonly NATS_PROVISION: 'true' | 'false';
    readonly REDIS_URL?: string | undefined;
    readonly REDIS_USER?: string | undefined;
    readonly REDIS_PASSWORD_FILE?: string | undefined;
    readonly OTEL_EXPORTER_OTLP_ENDPOINT?: string | undefined;
    readonly LOG_LEVEL: LogLevel;
    readonly INSTANCE: string;
    /** Of the service that stores content. */
    readonly CONTENT_AGE_HOURS?: number | undefined;
  } & ContentStoreSettings;
  /** Prefix of this service's keys in Redis, so that one operator never reads another's cache. */
  readonly cachePrefix: string;
}

/** All connected ports, and their state for the health endpoints. */
export interface ServicePorts {
  readonly service: string;
  readonly bus: Bus;
  readonly contentStore: ContentStore;
  readonly cache: Cache;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly health: { notReady(): readonly string[]; degraded(): readonly string[] };
  close(): Promise<void>;
}

/** Connects. Rejects with a message if NATS does not respond; without Redis, a service runs degraded. */
export async function connectServicePorts(options: ServicePortsOptions): Promise<ServicePorts> {
  const { settings, service, identity } = options;
  const telemetry = startTelemetry({
    service,
    instance: settings.INSTANCE,
    logLevel: settings.LOG_LEVEL,
    ...(identity.kind === 'validator' ? { operator: identity.operator, role: identity.role } : {}),
    ...(settings.OTEL_EXPORTER_OTLP_ENDPOINT === undefined
      ? {}
      : { otlpEndpoint: settings.OTEL_EXPORTER_OTLP_ENDPOINT }),
  });
  await useFastPrimitives(telemetry.log);
  const nats = natsOptionsOf(settings, identity, telemetry.log);
  const { NATS_PROVISION: provisions, CONTENT_AGE_HOURS: contentHours } = settings;
  const age = contentHours === undefined ? {} : { contentAgeMs: contentHours * 3_600_000 };
  if (provisions === 'true') await ensureNatsStreams({ ...nats, ...age });
  // What one gateway deletes, no other one shows.
  const memory = identity.kind === 'gateway' ? noContentMemory : freshContentMemory();
  const named = { ...nats, name: `${service} ${settings.INSTANCE}` };
  const { bus, contentStore: objectStore } = await connectNats(named, memory);
  const contentStore = await chosenContentStore(settings, objectStore, telemetry.log, memory);
  const redisUrl = redisUrlOf(settings, identity);
  const cache =
    redisUrl === undefined
      ? absentCache
      : measuredCache(connectRedisCache({ url: redisUrl, prefix: options.cachePrefix, log: telemetry.log }), telemetry);
  return {
    service,
    bus,
    contentStore,
    cache,
    clock: systemClock,
    telemetry,
    health: {
      notReady: () => (bus.isReady() ? [] : ['nats']),
      degraded: () => (cache.isDegraded() ? ['redis'] : []),
    },
    close: async () => {
      await Promise.all([bus.close(), cache.close(), contentStore.close()]);
    },
  };
}

/** NATS options of an identity. Replies arrive on its own subjects, with or without a log-in. */
function natsOptionsOf(
  settings: ServicePortsOptions['settings'],
  identity: BusIdentity,
  log: Telemetry['log'],
): Omit<NatsOptions, 'name'> {
  const { NATS_PASSWORD_FILE: passwordFile, NATS_CA_FILE: caFile } = settings;
  return {
    servers: settings.NATS_URL,
    log,
    inboxPrefix: inboxPrefixOf(identity),
    ...(caFile === undefined ? {} : { caFile }),
    ...(passwordFile === undefined
      ? {}
      : { user: settings.NATS_USER ?? busUserOf(identity), pass: secretInFile(passwordFile) }),
  };
}

/** The URL of Redis, with the identity's user and its password if there is a password. */
export function redisUrlOf(
  settings: Pick<ServicePortsOptions['settings'], 'REDIS_URL' | 'REDIS_USER' | 'REDIS_PASSWORD_FILE'>,
  identity: BusIdentity,
): string | undefined {
  if (settings.REDIS_URL === undefined || settings.REDIS_PASSWORD_FILE === undefined) return settings.REDIS_URL;
  const url = new URL(settings.REDIS_URL);
  url.username = encodeURIComponent(settings.REDIS_USER ?? redisUserOf(identity));
  url.password = encodeURIComponent(readSecretFile(settings.REDIS_PASSWORD_FILE));
  return url.href;
}
