/** The processes of a local network, and the environment of each. Pure. */

import type { Hex } from '@assay/protocol/encoding/bytes';
import { type Role, roles, serviceOf } from '@assay/protocol/observation/role';
import type { ServiceSpec } from './service-process.ts';

export interface OperatorKey {
  readonly address: Hex;
  readonly keyFile: string;
  /** Address of its signing journal. */
  readonly journal: string;
}

/** Files of a gateway that asks for API keys: the secret of its records, and a first key with every scope. */
export interface ApiKeyFiles {
  readonly secretFile: string;
  readonly adminKeyFile: string;
}

export interface NetworkPlan {
  readonly natsUrl: string;
  /** Services log in at NATS with the password in this file and create nothing there; undefined: no log-in. */
  readonly natsPasswordFile: string | undefined;
  readonly redisUrl: string;
  /** The same at Redis; undefined: no log-in. */
  readonly redisPasswordFile: string | undefined;
  readonly rpcUrl: string;
  readonly contracts: { readonly hub: Hex; readonly registry: Hex; readonly keystore: Hex };
  readonly policiesFile: string;
  readonly operators: readonly OperatorKey[];
  /** Number of processes of an operator and role. */
  readonly replicasOf: (operatorIndex: number, role: Role) => number;
  readonly transmitterKeyFiles: readonly string[];
  /** Processes of the key participant; all have the same keys. */
  readonly participants: number;
  /** Port of the gateway; undefined: any free one. */
  readonly gatewayPort?: number | undefined;
  readonly oracle: {
    readonly address: Hex;
    readonly keyFile: string;
    readonly agreementKeyFile: string;
    readonly keyEncryptionKeyFile: string;
  };
  /** The key by which the gateway seals questions; undefined: it takes none. */
  readonly sealerKeyFile?: string | undefined;
  readonly otlpEndpoint: string | undefined;
  readonly logLevel: string;
  readonly explorer: boolean;
  /** Given: the gateway asks for API keys. */
  readonly apiKeys?: ApiKeyFiles | undefined;
  readonly modelDir: string;
  /** Node's compile cache, so that the many processes compile the code once. */
  readonly compileCacheDir: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly entryOf: (service: string, operatorIndex: number | undefined) => string | undefined;
}

/** All services of a network: a validator of each role times replicas for each operator, aggregators, key participants, gateway. */
export function serviceSpecs(plan: NetworkPlan): ServiceSpec[] {
  const validators = plan.operators.flatMap((operator, index) =>
    roles.flatMap((role) =>
      Array.from({ length: plan.replicasOf(index, role) }, (_, replica) =>
        specOf(
          plan,
          serviceOf(role),
          `operator-${index}-${role}-${replica}`,
          {
            OPERATOR_KEY_FILE: operator.keyFile,
            SIGNING_JOURNAL: operator.journal,
            ORACLE_ADDRESS: plan.oracle.address,
          },
          index,
        ),
      ),
    ),
  );
  const aggregators = plan.transmitterKeyFiles.map((keyFile, index) =>
    specOf(plan, 'consensus-aggregator', `aggregator-${index}`, {
      TRANSMITTER_KEY_FILE: keyFile,
      AGGREGATOR_INDEX: String(index),
      AGGREGATOR_COUNT: String(plan.transmitterKeyFiles.length),
    }),
  );
  const participants = Array.from({ length: plan.participants }, (_, replica) =>
    specOf(plan, 'oracle-key-participant', `oracle-key-participant-${replica}`, {
      ORACLE_KEY_FILE: plan.oracle.keyFile,
      AGREEMENT_KEY_FILE: plan.oracle.agreementKeyFile,
      KEY_ENCRYPTION_KEY_FILE: plan.oracle.keyEncryptionKeyFile,
    }),
  );
  const gateway = specOf(plan, 'gateway', 'gateway', {
    ...(plan.participants === 0 ? {} : { ORACLE_ADDRESS: plan.oracle.address }),
    ...(plan.gatewayPort === undefined ? {} : { HTTP_PORT: String(plan.gatewayPort) }),
    ...apiKeySettings(plan),
    ...(plan.sealerKeyFile === undefined ? {} : { SEALER_KEY_FILE: plan.sealerKeyFile }),
    ...(plan.explorer ? { EXPLORER: 'on', EXPLORER_RPC_URL: plan.rpcUrl } : {}),
  });
  return [...validators, ...aggregators, ...participants, gateway];
}

function specOf(
  plan: NetworkPlan,
  service: string,
  name: string,
  own: Readonly<Record<string, string>>,
  operatorIndex?: number,
): ServiceSpec {
  const entry = plan.entryOf(service, operatorIndex);
  return {
    service,
    name,
    ...(entry === undefined ? {} : { entry }),
    environment: {
      NATS_URL: plan.natsUrl,
      ...(plan.natsPasswordFile === undefined
        ? {}
        : { NATS_PASSWORD_FILE: plan.natsPasswordFile, NATS_PROVISION: 'false' }),
      REDIS_URL: plan.redisUrl,
      ...(plan.redisPasswordFile === undefined ? {} : { REDIS_PASSWORD_FILE: plan.redisPasswordFile }),
      CHAIN_RPC_URL: plan.rpcUrl,
      HUB_ADDRESS: plan.contracts.hub,
      REGISTRY_ADDRESS: plan.contracts.registry,
      KEYSTORE_ADDRESS: plan.contracts.keystore,
      POLICIES_FILE: plan.policiesFile,
      LOG_LEVEL: plan.logLevel,
      INSTANCE: name,
      MODEL_DIR: plan.modelDir,
      NODE_COMPILE_CACHE: plan.compileCacheDir,
      ...(plan.otlpEndpoint === undefined ? {} : { OTEL_EXPORTER_OTLP_ENDPOINT: plan.otlpEndpoint }),
      ...plan.environment,
      ...own,
    },
  };
}

function apiKeySettings({ apiKeys }: NetworkPlan): Record<string, string> {
  if (apiKeys === undefined) return {};
  return { API_KEYS: 'required', API_KEYS_SECRET_FILE: apiKeys.secretFile, ADMIN_KEY_FILE: apiKeys.adminKeyFile };
}
