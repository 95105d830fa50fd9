/** Connects what every service needs: telemetry, bus, content store, cache. */
import type { Bus, Cache, Clock, ContentStore, Telemetry } from '@assay/protocol/ports';
import { absentCache } from './absent-cache.ts';
import type { LogLevel } from './logger.ts';
import { connectNats } from './nats-bus.ts';
import { ensureNatsStreams } from './nats-streams.ts';
import { connectRedisCache } from './redis-cache.ts';
import { systemClock } from './system-clock.ts';
import { startTelemetry } from './telemetry.ts';

/** Who the service is and where its servers are; the names are those of the environment. */
export interface ServicePortsOptions {
  readonly service: string;
  readonly operator?: string;
  readonly role?: string;
  readonly settings: {
    readonly NATS_URL: string;
    readonly REDIS_URL?: string | undefined;
    readonly OTEL_EXPORTER_OTLP_ENDPOINT?: string | undefined;
    readonly LOG_LEVEL: LogLevel;
    readonly INSTANCE: string;
  };
  /** Keys of this service in Redis begin with it: one operator never reads another's cache. */
  readonly cachePrefix: string;
}

/** Everything connected, and what the health endpoints show of it. */
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

/** Connects. Rejects with a sentence when NATS does not answer; without Redis a service works on, degraded. */
export async function connectServicePorts(options: ServicePortsOptions): Promise<ServicePorts> {
  const { settings, service } = options;
  const telemetry = startTelemetry({
    service,
    instance: settings.INSTANCE,
    logLevel: settings.LOG_LEVEL,
    ...(options.operator === undefined ? {} : { operator: options.operator }),
    ...(options.role === undefined ? {} : { role: options.role }),
    ...(settings.OTEL_EXPORTER_OTLP_ENDPOINT === undefined
      ? {}
      : { otlpEndpoint: settings.OTEL_EXPORTER_OTLP_ENDPOINT }),
  });
  const nats = { servers: settings.NATS_URL, name: `${service} ${settings.INSTANCE}`, log: telemetry.log };
  await ensureNatsStreams(nats);
  const { bus, contentStore } = await connectNats(nats);
  const cache =
    settings.REDIS_URL === undefined
      ? absentCache
      : connectRedisCache({ url: settings.REDIS_URL, prefix: options.cachePrefix, log: telemetry.log });
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
      await Promise.all([bus.close(), cache.close()]);
    },
  };
}
