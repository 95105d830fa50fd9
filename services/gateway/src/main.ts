/** The gateway: accepts tasks, serves certified reports. */
import { randomBytes } from 'node:crypto';
import { connectEvmChain } from '@assay/adapters/evm/chain';
import { guardedPost, whyNotTo } from '@assay/adapters/http/guarded-post';
import { startHttpServer } from '@assay/adapters/http/http-server';
import { signedWebhookHeaders } from '@assay/adapters/http/webhook-signature';
import { readSecretFile } from '@assay/adapters/keys/key-file';
import { sealerKeyring } from '@assay/adapters/keys/keyring-settings';
import { entryBeside } from '@assay/adapters/process/entry-file';
import { startWorkThread, type WorkThread } from '@assay/adapters/process/work-thread';
import { connectRateLimiter } from '@assay/adapters/redis/rate-limiter';
import { policyViews } from '@assay/composition/policy-files';
import { connectServicePorts, redisUrlOf, type ServicePorts } from '@assay/composition/service-ports';
import { limits } from '@assay/protocol/limits';
import type { Log } from '@assay/protocol/ports';
import { tuning } from '@assay/protocol/tuning';
import { startAuditWriter } from '@assay/runtime/audit/audit-log';
import { Epochs } from '@assay/runtime/service/epochs';
import { runService } from '@assay/runtime/service/service';
import { fromSettingLater, readSettings, type SettingsOf } from '@assay/runtime/service/settings';
import { keyBookOf } from './access/open-key-book.ts';
import { serverProblems } from './api.ts';
import { settings as shape } from './config.ts';
import { expireContent } from './expire-content.ts';
import { readPageFiles } from './explorer/page-files.ts';
import { RecentTasks } from './explorer/recent-tasks.ts';
import { type FindGrounds, type Gateway, watchesOn } from './gateway.ts';
import { noteServerRefusal, routesOf } from './handler.ts';
import { QuestionBook } from './questions/question-book.ts';
import { keepQuestions } from './questions/question-keeper.ts';
import { deliverWebhooks } from './webhooks/deliver.ts';
import { webhooksOf } from './webhooks/open-webhooks.ts';

const service = 'gateway';
const webhookTools = { whyNotTo, guardedPost, sign: signedWebhookHeaders };

await runService(service, async () => {
  const settings = readSettings(shape, process.env);
  const ports = await connectServicePorts({ service, settings, identity: { kind: 'gateway' }, cachePrefix: service });
  const { log } = ports.telemetry;
  const chain = chainOf(settings, log);
  const viewOf = policyViews(settings.POLICIES_FILE);
  const epochs = await Epochs.read({ chain, clock: ports.clock, telemetry: ports.telemetry, viewOf });
  const network = networkOf(epochs);
  const { rateLimiter, contentLimiter } = limitersOf(settings, log);
  const watches = watchesOn(ports, settings.WAITING_CLIENTS_MAX);
  const explorer = await explorerOf(settings, ports, network.policies);
  const words = wordsThread(log);
  const { audit, ...recorder } = startAuditWriter({ ...ports, service, instance: settings.INSTANCE });
  const keys = keyBookOf(settings, ports, randomBytes, readSecretFile);
  const webhooks = webhooksOf(settings, ports, randomBytes, readSecretFile, webhookTools);
  const sealer = await fromSettingLater('SEALER_KEY_FILE', () => sealerKeyring(settings));
  const questions = new QuestionBook();
  const contentAgeMs = hoursMs(settings.CONTENT_AGE_HOURS);
  const server = await startHttpServer({
    host: settings.HTTP_HOST,
    port: settings.HTTP_PORT,
    // JSON of a session message; tasks have a limit of their own.
    bodyBytesMax: 2 * limits.sessionMessageBytesMax,
    trustedProxies: settings.TRUST_PROXY,
    ...serverProblems,
    onRefusal: (refused) => noteServerRefusal({ audit, keys }, refused),
    routes: routesOf({
      ...ports,
      watches,
      ...network,
      rateLimiter,
      contentLimiter,
      contracts: { registry: settings.REGISTRY_ADDRESS, keystore: settings.KEYSTORE_ADDRESS },
      oracle: settings.ORACLE_ADDRESS,
      ...explorer,
      audit,
      keys,
      hooks: webhooks?.hooks,
      findGrounds: words.find,
      questions,
      sealer,
    }),
    log,
  });
  return {
    telemetry: ports.telemetry,
    health: ports.health,
    healthHost: settings.HEALTH_HOST,
    healthPort: settings.HEALTH_PORT,
    facts: { httpPort: server.port },
    // Requests under way are answered before the connections that they need are closed; those that wait are at once.
    run: async (signal) => {
      await Promise.all([
        watches.run(signal),
        explorer.recent?.run(signal),
        epochs.run(signal),
        keys?.run(signal),
        webhooks?.hooks.run(signal),
        webhooks && keys && deliverWebhooks({ ...ports, keys, ...webhooks }, signal),
        keepQuestions({ ...ports, ...network, book: questions, sealer }, signal),
        expireContent(ports, contentAgeMs, signal),
      ]);
      await server.close();
      await recorder.close();
    },
    close: async () => {
      await Promise.all([ports.close(), rateLimiter.close(), contentLimiter.close(), words.close()]);
    },
  };
});

function chainOf(settings: SettingsOf<typeof shape>, log: Log) {
  const { CHAIN_RPC_URL: rpcUrl, HUB_ADDRESS: hub, REGISTRY_ADDRESS: registry } = settings;
  return connectEvmChain({ rpcUrl, hub, registry, log });
}

/** The network that takes tasks now, and what belongs to any epoch whose certificates count. */
function networkOf(epochs: Epochs): Pick<Gateway, 'view' | 'policies' | 'operators'> {
  return {
    view: () => epochs.current(),
    policies: () => epochs.views().flatMap((view) => [...view.policies.values()]),
    operators: () => new Set(epochs.views().flatMap(({ network }) => network.members.map(({ operator }) => operator))),
  };
}

function hoursMs(hours: number | undefined): number | undefined {
  return hours === undefined ? undefined : hours * 3_600_000;
}

/** A thread that finds the words that decided. It starts with the first question for them. */
function wordsThread(log: Log): { readonly find: FindGrounds; close(): Promise<void> } {
  let thread: Promise<WorkThread<unknown>> | undefined;
  const started = () => {
    const { groundsCallsMax: callsMax } = tuning;
    const entry = entryBeside(import.meta.url, 'check-thread');
    thread ??= startWorkThread({ entry, data: undefined, log, callsMax }).catch((error: unknown) => {
      thread = undefined;
      throw error;
    });
    return thread;
  };
  return {
    find: async (call) => (await started()).call('grounds', call),
    close: async () => (await thread)?.close(),
  };
}

/** Counts requests and bytes of content of each client. */
function limitersOf(settings: SettingsOf<typeof shape>, log: ServicePorts['telemetry']['log']) {
  const redisUrl = redisUrlOf(settings, { kind: 'gateway' });
  const redis = redisUrl === undefined ? {} : { redisUrl };
  const { REQUESTS_PER_MINUTE: requests, CONTENT_BYTES_PER_HOUR: bytes } = settings;
  return {
    rateLimiter: connectRateLimiter({ ...redis, name: 'requests', units: requests, windowSeconds: 60, log }),
    contentLimiter: connectRateLimiter({
      ...redis,
      name: 'content',
      unit: 'content-bytes',
      units: bytes,
      windowSeconds: 3_600,
      log,
    }),
  };
}

/** What the explorer needs, where it is on. */
async function explorerOf(
  settings: SettingsOf<typeof shape>,
  { bus, clock, telemetry }: ServicePorts,
  policies: Gateway['policies'],
): Promise<Pick<Gateway, 'recent' | 'page'>> {
  if (settings.EXPLORER === 'off') return { recent: undefined, page: undefined };
  const [tasksMax, watchersMax] = [tuning.tasksRecentMax, settings.WAITING_CLIENTS_MAX];
  return {
    recent: new RecentTasks({ bus, clock, log: telemetry.log, policies, tasksMax, watchersMax }),
    page: await fromSettingLater('EXPLORER', () => readPageFiles(settings.EXPLORER_RPC_URL)),
  };
}
