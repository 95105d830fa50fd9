/** A running service's outputs besides its traces: health endpoints, metrics, log. */
import { readFile } from 'node:fs/promises';
import type { ServiceProcess } from '@assay/cli/network/service-process';
import { metrics } from '@assay/runtime/service/telemetry-names';

const fetchMs = 5_000;

/** An answer of the health server. */
export interface Probe {
  readonly status: number;
  readonly type: string;
  readonly text: string;
  /** The parsed body if it is JSON. */
  readonly json: unknown;
}

/** Sends a request to a service's health server. */
export async function probe(service: ServiceProcess, path: string): Promise<Probe> {
  const response = await fetch(`http://127.0.0.1:${service.facts.healthPort}${path}`, {
    signal: AbortSignal.timeout(fetchMs),
  });
  const text = await response.text();
  const type = response.headers.get('content-type') ?? '';
  return { status: response.status, type, text, json: type === 'application/json' ? JSON.parse(text) : undefined };
}

/** Metrics that every process of a service has after a task; which one cosigns or posts is not determined. */
export function metricsOf(service: string): string[] {
  const ofLoops = [metrics.messages, metrics.handling, metrics.degraded, metrics.epoch];
  if (service === 'gateway') return [metrics.tasks, metrics.requests, metrics.degraded, metrics.epoch];
  if (service === 'oracle-key-participant') return [...ofLoops, metrics.grants, metrics.sessions];
  if (service === 'consensus-aggregator') return [...ofLoops, metrics.openTasks, metrics.certificates];
  return [...ofLoops, metrics.observations, metrics.checkDuration, metrics.cacheLookups];
}

/** The complete lines of a service's log so far. */
export async function logLinesOf(service: ServiceProcess): Promise<Record<string, string>[]> {
  const lines = (await readFile(service.logFile, 'utf8')).split('\n');
  return lines
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => JSON.parse(line) as Record<string, string>);
}
