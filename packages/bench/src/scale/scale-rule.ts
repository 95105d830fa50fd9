/**
 * The scaling rule of a KEDA ScaledObject, as Kubernetes applies it: the algorithm of the HorizontalPodAutoscaler
 * (autoscaling/v2) for an external metric with an average value, which KEDA provides. Pure: time is a parameter.
 */
import { parse } from 'yaml';
import { z } from 'zod';

/** Interval of the HorizontalPodAutoscaler, its controller's default. */
const syncSeconds = 15;
/** Tolerance of the metric around its target, the same controller's default. */
const tolerance = 0.1;

const policySchema = z.object({
  type: z.enum(['Percent', 'Pods']),
  value: z.number().positive(),
  periodSeconds: z.number().positive(),
});
const directionSchema = z.object({
  stabilizationWindowSeconds: z.number().min(0),
  policies: z.array(policySchema).length(1),
});
const scaledObjectSchema = z.object({
  kind: z.literal('ScaledObject'),
  spec: z.object({
    minReplicaCount: z.number().int().min(1),
    maxReplicaCount: z.number().int().min(1),
    advanced: z.object({
      horizontalPodAutoscalerConfig: z.object({
        behavior: z.object({ scaleUp: directionSchema, scaleDown: directionSchema }),
      }),
    }),
    triggers: z.tuple([
      z.object({
        type: z.literal('nats-jetstream'),
        metadata: z.object({ stream: z.string(), lagThreshold: z.coerce.number().positive() }),
      }),
    ]),
  }),
});

type Policy = z.infer<typeof policySchema>;

/** One direction: the stabilisation window, and the maximum change in a period. */
export interface ScaleDirection {
  readonly stabilizationSeconds: number;
  readonly policy: Policy;
}

/** A scaling rule. */
export interface ScaleRule {
  readonly stream: string;
  /** Messages that are waiting or unacknowledged, for each replica. */
  readonly lagThreshold: number;
  readonly min: number;
  readonly max: number;
  /** Seconds between two evaluations. */
  readonly syncSeconds: number;
  readonly up: ScaleDirection;
  readonly down: ScaleDirection;
}

/** Reads the rule from a ScaledObject's manifest. Throws a ZodError that names the unexpected field. */
export function readScaleRule(manifest: string): ScaleRule {
  const { spec } = scaledObjectSchema.parse(parse(manifest));
  const { scaleUp, scaleDown } = spec.advanced.horizontalPodAutoscalerConfig.behavior;
  const [{ metadata }] = spec.triggers;
  return {
    stream: metadata.stream,
    lagThreshold: metadata.lagThreshold,
    min: spec.minReplicaCount,
    max: spec.maxReplicaCount,
    syncSeconds,
    up: directionOf(scaleUp),
    down: directionOf(scaleDown),
  };
}

function directionOf({ stabilizationWindowSeconds, policies }: z.infer<typeof directionSchema>): ScaleDirection {
  const [policy] = policies;
  if (policy === undefined) throw new RangeError('A scaling direction without a policy.');
  return { stabilizationSeconds: stabilizationWindowSeconds, policy };
}

/** The same rule with its time running `factor` times as fast; numbers of messages and replicas do not change. */
export function hastened(rule: ScaleRule, factor: number): ScaleRule {
  const faster = ({ stabilizationSeconds, policy }: ScaleDirection): ScaleDirection => ({
    stabilizationSeconds: stabilizationSeconds / factor,
    policy: { ...policy, periodSeconds: policy.periodSeconds / factor },
  });
  return { ...rule, syncSeconds: rule.syncSeconds / factor, up: faster(rule.up), down: faster(rule.down) };
}

interface Moment {
  readonly atMs: number;
  readonly replicas: number;
}

/** Keeps the history of recommendations and changes, like the autoscaler. */
export class Autoscaler {
  readonly #rule: ScaleRule;
  #recommended: Moment[] = [];
  #changes: Moment[] = [];
  #replicas: number;

  constructor(rule: ScaleRule, replicas: number) {
    this.#rule = rule;
    this.#replicas = replicas;
  }

  /** The wanted number of replicas. Call it once every `syncSeconds`. */
  next(nowMs: number, lag: number): number {
    const { up, down, min, max } = this.#rule;
    const wanted = Math.min(max, Math.max(min, this.#wantedFor(lag)));
    const longest = 1000 * Math.max(up.stabilizationSeconds, down.stabilizationSeconds);
    this.#recommended = [...this.#recommended, { atMs: nowMs, replicas: wanted }].filter(
      ({ atMs }) => atMs >= nowMs - longest,
    );
    const stable = this.#stabilized(nowMs);
    const next =
      stable > this.#replicas
        ? Math.min(stable, Math.max(this.#replicas, this.#highest(nowMs)))
        : Math.max(stable, Math.min(this.#replicas, this.#lowest(nowMs)));
    if (next !== this.#replicas) this.#changes.push({ atMs: nowMs, replicas: next - this.#replicas });
    this.#replicas = next;
    return next;
  }

  #wantedFor(lag: number): number {
    const { lagThreshold } = this.#rule;
    const ratio = lag / (lagThreshold * this.#replicas);
    return Math.abs(ratio - 1) <= tolerance ? this.#replicas : Math.ceil(lag / lagThreshold);
  }

  /** Up to the lowest recommendation in the scale-up window, down to the highest in the scale-down window. */
  #stabilized(nowMs: number): number {
    const within = ({ stabilizationSeconds }: ScaleDirection) =>
      this.#recommended.filter(({ atMs }) => atMs >= nowMs - 1000 * stabilizationSeconds).map((one) => one.replicas);
    const upTo = Math.min(...within(this.#rule.up));
    const downTo = Math.max(...within(this.#rule.down));
    return Math.min(Math.max(this.#replicas, upTo), downTo);
  }

  #highest(nowMs: number): number {
    const { type, value, periodSeconds } = this.#rule.up.policy;
    const before = this.#replicas - this.#changed(nowMs, periodSeconds, (one) => one > 0);
    return type === 'Pods' ? before + value : Math.ceil(before * (1 + value / 100));
  }

  #lowest(nowMs: number): number {
    const { type, value, periodSeconds } = this.#rule.down.policy;
    const before = this.#replicas - this.#changed(nowMs, periodSeconds, (one) => one < 0);
    return type === 'Pods' ? before - value : Math.floor(before * (1 - value / 100));
  }

  /** Replicas added or removed in the last period. */
  #changed(nowMs: number, periodSeconds: number, counts: (replicas: number) => boolean): number {
    return this.#changes
      .filter(({ atMs, replicas }) => atMs > nowMs - 1000 * periodSeconds && counts(replicas))
      .reduce((sum, { replicas }) => sum + replicas, 0);
  }
}
