/**
 * The traces that the collector keeps by the policies of its configuration, without the sampled share of all others.
 */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';
import { type ReceivedSpan, statusError } from '../otlp-receiver.ts';

const configFile = fileURLToPath(new URL('../../../deploy/compose/observability/collector.yaml', import.meta.url));

const policySchema = z.discriminatedUnion('type', [
  z.object({
    name: z.string(),
    type: z.literal('status_code'),
    status_code: z.object({ status_codes: z.tuple([z.literal('ERROR')]) }),
  }),
  z.object({
    name: z.string(),
    type: z.literal('numeric_attribute'),
    numeric_attribute: z.object({ key: z.string(), min_value: z.number(), max_value: z.number() }),
  }),
  z.object({
    name: z.string(),
    type: z.literal('latency'),
    latency: z.object({ threshold_ms: z.number() }),
  }),
  z.object({
    name: z.string(),
    type: z.literal('probabilistic'),
    probabilistic: z.object({ sampling_percentage: z.number() }),
  }),
]);
const configSchema = z.object({
  processors: z.object({ tail_sampling: z.object({ policies: z.array(policySchema) }) }),
});

type Policy = z.infer<typeof policySchema>;

/** The collector's sampling policies. */
export async function samplingPolicies(): Promise<Policy[]> {
  return configSchema.parse(parse(await readFile(configFile, 'utf8'))).processors.tail_sampling.policies;
}

/** Names of the policies that keep a trace for its content, as defined by the collector's `tail_sampling`. */
export function keptBy(policies: readonly Policy[], trace: readonly ReceivedSpan[]): string[] {
  return policies.filter((policy) => keeps(policy, trace)).map(({ name }) => name);
}

function keeps(policy: Policy, trace: readonly ReceivedSpan[]): boolean {
  if (policy.type === 'status_code') return trace.some(({ status }) => status.code === statusError);
  if (policy.type !== 'numeric_attribute') return false;
  const { key, min_value: min, max_value: max } = policy.numeric_attribute;
  return trace.some(({ attributes }) => Number(attributes[key]) >= min && Number(attributes[key]) <= max);
}
