/** The Router: an OpenAI-compatible API whose answers the network judges. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { PaymentBook } from '@assay/adapters/evm/payments/payment-book';
import { X402Desk } from '@assay/adapters/evm/payments/x402';
import { startHttpServer } from '@assay/adapters/http/http-server';
import { useFastPrimitives } from '@assay/adapters/keys/fast-primitives';
import { secretInFile } from '@assay/adapters/keys/key-file';
import { transmitterKeyring } from '@assay/adapters/keys/keyring-settings';
import { connectNatsBus } from '@assay/adapters/nats/bus';
import { systemClock } from '@assay/adapters/process/system-clock';
import { connectRateLimiter } from '@assay/adapters/redis/rate-limiter';
import { startTelemetry } from '@assay/adapters/telemetry/telemetry';
import { busUserOf, inboxPrefixOf } from '@assay/protocol/bus/permissions';
import { checkShape } from '@assay/protocol/encoding/decode';
import { type Policy, policyDigest } from '@assay/protocol/policy/policy';
import type { Log, Telemetry } from '@assay/protocol/ports';
import { tuning } from '@assay/protocol/tuning';
import { type AuditLog, startAuditWriter } from '@assay/runtime/audit/audit-log';
import { runService } from '@assay/runtime/service/service';
import {
  fromSetting,
  fromSettingLater,
  readSettings,
  SettingsError,
  type SettingsOf,
} from '@assay/runtime/service/settings';
import { ChainReader } from '@assay/sdk/chain-reader';
import { GatewayClient } from '@assay/sdk/gateway-client';
import { proveReport } from '@assay/sdk/prove-report';
import { noteServerRefusal } from './audit.ts';
import { anyone, type Callers, keyHolders, type RateLimiter } from './callers.ts';
import { inputFilterOf } from './chat/input-filter.ts';
import { settings as shape } from './config.ts';
import { errorBodyFor } from './faults.ts';
import { MinerBook } from './miner-book.ts';
import { type Miner, minersSchema } from './miners.ts';
import { Payments } from './payments/payments.ts';
import type { Router } from './router.ts';
import { routesOf } from './routes.ts';
import { RecordFile } from './standing/record-file.ts';
import { UsageLedger } from './usage/usage-ledger.ts';

const service = 'router';
const identity = { kind: 'router' } as const;
/** A payment is collected in so many seconds after the verdict, or not at all. */
const collectSeconds = 60;

await runService(service, async () => {
  const settings = readSettings(shape, process.env);
  const { OTEL_EXPORTER_OTLP_ENDPOINT: otlpEndpoint } = settings;
  const telemetry = startTelemetry({
    service,
    instance: settings.INSTANCE,
    logLevel: settings.LOG_LEVEL,
    ...(otlpEndpoint === undefined ? {} : { otlpEndpoint }),
  });
  const { log } = telemetry;
  await useFastPrimitives(log);
  const miners = minersIn(settings.MINERS_FILE);
  const { policies, ...network } = await networkOf(settings);
  const payments = await openPayments(settings, policies, log);
  const { usage, standing } = await openFiles(settings, log);
  const rateLimiter = connectRateLimiter({
    name: 'router-requests',
    units: settings.REQUESTS_PER_MINUTE,
    windowSeconds: 60,
    log,
  });
  const recorder = await openAudit(settings, telemetry);
  const server = await startHttpServer({
    host: settings.HTTP_HOST,
    port: settings.HTTP_PORT,
    bodyBytesMax: tuning.requestBytesMax,
    errorBody: errorBodyFor,
    onRefusal: (refused) => noteServerRefusal(recorder?.audit, refused),
    routes: routesOf({
      ...network,
      miners,
      book: new MinerBook(systemClock, standing?.records),
      clock: systemClock,
      telemetry,
      callers: callersOf(settings, rateLimiter),
      inputFilter: filterOf(settings, policies),
      payments,
      usage,
      audit: recorder?.audit,
      publicUrl: settings.PUBLIC_URL,
      needsKey: settings.API_KEYS === 'required',
      newId: randomUUID,
      minersAsked: settings.MINERS_ASKED,
      answerTimeoutMs: settings.ANSWER_TIMEOUT_MS,
      hedgeMs: settings.HEDGE_AFTER_MS,
      underWayMax: settings.REQUESTS_AT_ONCE_MAX,
    }),
    log,
  });
  return {
    telemetry,
    health: { notReady: () => [], degraded: () => [] },
    healthHost: settings.HEALTH_HOST,
    healthPort: settings.HEALTH_PORT,
    facts: { httpPort: server.port },
    run: async (signal) => {
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
      await server.close();
      await recorder?.close();
      await usage?.close();
      await standing?.close();
    },
    close: () => rateLimiter.close(),
  };
});

/** What it keeps on disk, where the settings name places. */
async function openFiles({ USAGE_FOLDER: folder, STANDING_FILE: file }: SettingsOf<typeof shape>, log: Log) {
  const usage =
    folder === undefined ? undefined : await fromSettingLater('USAGE_FOLDER', () => UsageLedger.open(folder, log));
  const standing =
    file === undefined
      ? undefined
      : await fromSettingLater('STANDING_FILE', () => RecordFile.open(file, systemClock, log));
  return { usage, standing };
}

function minersIn(file: string): Miner[] {
  return fromSetting('MINERS_FILE', () => {
    const checked = checkShape(minersSchema, JSON.parse(readFileSync(file, 'utf8')));
    if (!checked.ok) throw new Error(`${file}: ${checked.refusal.detail}`);
    return checked.value;
  });
}

/** The audit log, where the settings name a bus for it. */
async function openAudit(
  settings: SettingsOf<typeof shape>,
  telemetry: Telemetry,
): Promise<{ readonly audit: AuditLog; close(): Promise<void> } | undefined> {
  const { NATS_URL: servers, NATS_PASSWORD_FILE: passwordFile, NATS_CA_FILE: caFile, INSTANCE: instance } = settings;
  if (servers === undefined) return undefined;
  const bus = await fromSettingLater('NATS_URL', async () =>
    connectNatsBus({
      servers,
      log: telemetry.log,
      name: `router ${instance}`,
      inboxPrefix: inboxPrefixOf(identity),
      ...(caFile === undefined ? {} : { caFile }),
      ...(passwordFile === undefined
        ? {}
        : { user: settings.NATS_USER ?? busUserOf(identity), pass: secretInFile(passwordFile) }),
    }),
  );
  const recorder = startAuditWriter({ bus, clock: systemClock, telemetry, service: 'router', instance });
  const close = async () => {
    await recorder.close();
    await bus.close();
  };
  return { audit: recorder.audit, close };
}

/** Who may ask. */
function callersOf({ API_KEYS: mode, GATEWAY_URL: url }: SettingsOf<typeof shape>, limiter: RateLimiter): Callers {
  if (mode === 'off') return anyone(new GatewayClient(url), limiter);
  return keyHolders((apiKey) => new GatewayClient(url, { apiKey }), limiter, systemClock);
}

/** The filter of prompts, with the threshold of the policy that answers are judged by. */
function filterOf({ INPUT_FILTER: action, POLICY }: SettingsOf<typeof shape>, policies: readonly Policy[]) {
  const policy = policies.find(({ name }) => name === POLICY);
  return action === 'off' || policy === undefined ? undefined : inputFilterOf(action, policy);
}

/** The network behind the gateway, and how its reports are proven. */
async function networkOf(
  settings: SettingsOf<typeof shape>,
): Promise<Pick<Router, 'domain' | 'judge'> & { readonly policies: readonly Policy[] }> {
  const contracts = {
    rpcUrl: settings.CHAIN_RPC_URL,
    hub: settings.HUB_ADDRESS,
    registry: settings.REGISTRY_ADDRESS,
    keystore: settings.KEYSTORE_ADDRESS,
  };
  const gateway = new GatewayClient(settings.GATEWAY_URL);
  const chain = new ChainReader(contracts);
  const { network, policies } = await fromSettingLater('GATEWAY_URL', () => gateway.readNetwork());
  if (network.hub !== contracts.hub)
    throw new SettingsError(`HUB_ADDRESS is not the hub of the gateway, which is ${network.hub}.`);
  if (!policies.some(({ name }) => name === settings.POLICY))
    throw new SettingsError(`POLICY must be one of ${policies.map(({ name }) => name).join(', ')}.`);
  return {
    policies,
    domain: { chainId: network.chainId, hub: network.hub },
    judge: {
      prove: (report) => proveReport(chain, policies, report),
      policy: settings.POLICY,
      clock: systemClock,
      timeoutMs: settings.VERDICT_TIMEOUT_MS,
    },
  };
}

/** The payments, or undefined where nobody pays. Throws {@link SettingsError} if the settings do not fit together. */
async function openPayments(
  settings: SettingsOf<typeof shape>,
  policies: readonly Policy[],
  log: Log,
): Promise<Payments | undefined> {
  const { PAYMENTS_ADDRESS: payments, PAYMENT_AMOUNT: amount, PAYMENT_FEE_RECEIVER: feeReceiver } = settings;
  if (payments === undefined) return undefined;
  const policy = policies.find(({ name }) => name === settings.POLICY);
  if (policy === undefined) throw new SettingsError('POLICY is not one of the network.');
  if (amount === undefined || feeReceiver === undefined)
    throw new SettingsError('PAYMENTS_ADDRESS needs PAYMENT_AMOUNT and PAYMENT_FEE_RECEIVER.');
  const collector = await fromSettingLater('TRANSMITTER_KEY_FILE', () => transmitterKeyring(settings));
  const { CHAIN_RPC_URL: rpcUrl, HUB_ADDRESS: hub } = settings;
  const book = await fromSettingLater('PAYMENTS_ADDRESS', () =>
    PaymentBook.open({ rpcUrl, payments, hub, collector, log }),
  );
  const answerMs = settings.ANSWER_TIMEOUT_MS + settings.VERDICT_TIMEOUT_MS;
  const rules = {
    policy: policy.name,
    policyDigest: policyDigest(policy),
    amount,
    feeReceiver,
    feeBasisPoints: settings.PAYMENT_FEE_BASIS_POINTS,
    answerSeconds: Math.ceil(answerMs / 1_000) + collectSeconds,
  };
  return new Payments(new X402Desk(book), rules, systemClock);
}
