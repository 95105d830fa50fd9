/** The spans of a complete trace of one task, and what an incomplete one lacks. */
import { type Role, serviceOf } from '@assay/protocol/observation/role';
import { attributes, spans } from '@assay/runtime/service/telemetry-names';
import type { ReceivedSpan } from '../otlp-receiver.ts';
import { standardRoles } from '../standard-roles.ts';

/** The services of the policy's roles. */
export const validatorServices = standardRoles.map(serviceOf);

/** All services that have a part in a task. */
export const allServices = ['gateway', 'oracle-key-participant', ...validatorServices, 'consensus-aggregator'];

/** The size of a network. */
export interface Extent {
  readonly operators: number;
  readonly aggregators: number;
  /** The roles of the tasks' policy. */
  readonly roles: readonly Role[];
}

/** Spans with a name. */
export function named(trace: readonly ReceivedSpan[], name: string): ReceivedSpan[] {
  return trace.filter((span) => span.name === name);
}

/** Spans with a name that have an outcome. */
export function withOutcome(trace: readonly ReceivedSpan[], name: string, outcome: string): ReceivedSpan[] {
  return named(trace, name).filter((span) => span.attributes[attributes.outcome] === outcome);
}

/** Spans whose parent is not in the trace, other than the client's own span. */
export function orphans(trace: readonly ReceivedSpan[], clientSpanId?: string): ReceivedSpan[] {
  const ids = new Set([...trace.map((span) => span.spanId), clientSpanId]);
  return trace.filter(({ parentSpanId }) => parentSpanId !== undefined && !ids.has(parentSpanId));
}

/** The parent span, or undefined. */
export function parentOf(trace: readonly ReceivedSpan[], span: ReceivedSpan): ReceivedSpan | undefined {
  return trace.find(({ spanId }) => spanId === span.parentSpanId);
}

/**
 * Minimum number of spans of each stage in the trace of a task. Redelivered messages (for example because a key was not
 * granted yet) add spans; see {@link effectsOf} for the number of effects.
 */
function stagesOf({ operators, aggregators, roles }: Extent, sealed: boolean, holdsBatch: boolean): [string, number][] {
  const observations = operators * roles.length;
  const ofSeal = sealed ? observations : 0;
  const ofBatch = holdsBatch ? 1 : 0;
  return [
    [spans.check, observations],
    [spans.unseal, ofSeal],
    [spans.grant, ofSeal],
    [spans.openTask, aggregators],
    [spans.tally, aggregators * observations],
    [spans.takeProposal, ofBatch * aggregators],
    [spans.certify, ofBatch * aggregators * operators],
  ];
}

/**
 * True if the trace of a task is complete; otherwise what is missing. `holdsBatch`: its batch's spans are on this
 * trace.
 */
export function isWhole(
  trace: readonly ReceivedSpan[],
  extent: Extent,
  expected: { readonly sealed: boolean; readonly holdsBatch: boolean; readonly clientSpanId?: string },
): true | string {
  const wrong = stagesOf(extent, expected.sealed, expected.holdsBatch).flatMap(([name, count]) => {
    const found = named(trace, name).length;
    return found >= count ? [] : [`${found} of ${count} "${name}"`];
  });
  const lost = orphans(trace, expected.clientSpanId).map((span) => `"${span.name}" has no parent here`);
  const outcomes = effectsOf(extent, expected.holdsBatch).flatMap(([name, outcome, count]) => {
    const found = withOutcome(trace, name, outcome).length;
    return found === count ? [] : [`${found} of ${count} "${name}" with outcome ${outcome}`];
  });
  const strayed = expected.holdsBatch ? [] : named(trace, spans.cosign).map(({ name }) => `"${name}" of another trace`);
  const missing = [...wrong, ...outcomes, ...lost, ...strayed];
  return missing.length === 0 ? true : missing.join('; ');
}

/** The effects of a task with their exact numbers, independent of redeliveries. */
function effectsOf({ operators, roles }: Extent, holdsBatch: boolean): [string, string, number][] {
  const ofBatch = holdsBatch ? 1 : 0;
  return [
    [spans.acceptTask, 'accepted', 1],
    [spans.observe, 'observed', operators * roles.length],
    [spans.propose, 'stored', ofBatch],
    [spans.cosign, 'cosigned', ofBatch * operators],
    [spans.cosignReport, 'cosigned', operators],
    [spans.post, 'posted', ofBatch],
    [spans.publish, 'stored', 1],
  ];
}
