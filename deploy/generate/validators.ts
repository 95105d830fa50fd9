/** What the cluster has to know of each validator, and nothing else does: size, scaling, environment. */
import type { Role } from '@assay/protocol/observation/role';

/** How the service of a role is deployed. */
export interface ValidatorDeployment {
  /** CPU that a replica asks for; its limit is 2. */
  readonly cpu: string;
  /** Memory that a replica asks for, and its limit. */
  readonly memory: string;
  readonly memoryMax: string;
  /** Replicas at most; at least 2. */
  readonly replicasMax: number;
  /** Tasks that one replica may have waiting before another one starts. */
  readonly backlog: number;
  /** Variables besides those of every validator, as YAML scalars. */
  readonly environment: Readonly<Record<string, string>>;
}

export const validators: { readonly [R in Role]: ValidatorDeployment } = {
  checksum: { cpu: '100m', memory: '192Mi', memoryMax: '384Mi', replicasMax: 12, backlog: 40, environment: {} },
  embedding: {
    cpu: '500m',
    memory: '512Mi',
    memoryMax: '1Gi',
    replicasMax: 24,
    backlog: 10,
    environment: { MODEL_DIR: '/app/models', MODEL_THREADS: '"1"' },
  },
  semantic: { cpu: '250m', memory: '256Mi', memoryMax: '1Gi', replicasMax: 24, backlog: 20, environment: {} },
  inference: {
    cpu: '100m',
    memory: '192Mi',
    memoryMax: '512Mi',
    replicasMax: 12,
    backlog: 10,
    environment: { LANGUAGE_MODELS_FILE: '/run/assay/language-models/models.json' },
  },
  'llm-judge': {
    cpu: '100m',
    memory: '192Mi',
    memoryMax: '512Mi',
    replicasMax: 12,
    backlog: 10,
    environment: { LANGUAGE_MODELS_FILE: '/run/assay/language-models/models.json' },
  },
};
