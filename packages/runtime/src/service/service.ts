/** The service lifecycle: settings, start, ready, signals, drain, stop. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { errorText } from '@assay/protocol/error-text';
import type { Telemetry } from '@assay/protocol/ports';
import { tuning } from '@assay/protocol/tuning';
import { type Health, startHealthServer } from './health-server.ts';
import { SettingsError } from './settings.ts';
import { metrics } from './telemetry-names.ts';

const endPatienceMs = 500;
/** Interval for measuring the event loop's delay. An idle service wakes up for little else, so it is a long one. */
const loopDelayStepMs = 100;

/** The wired service that main passes. */
export interface Wired {
  readonly telemetry: Telemetry;
  readonly health: Omit<Health, 'metricsText'>;
  readonly healthHost: string;
  readonly healthPort: number;
  /** Loops that end when the signal aborts, with their work finished or given back. */
  run(signal: AbortSignal): Promise<void>;
  /** Closes connections; called once the loops have ended. */
  close(): Promise<void>;
  /** Facts for the parent process, such as ports. */
  readonly facts?: Readonly<Record<string, string | number>>;
}

/**
 * Runs a service until SIGTERM or SIGINT, then drains it within {@link tuning.shutdownMs}.
 * Exit codes: 0 stopped as asked, 1 failed, 2 wrong settings. A parent process with an IPC channel is told `ready`
 * with the service's facts.
 */
export async function runService(name: string, wire: () => Promise<Wired>): Promise<void> {
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  process.on('disconnect', stop);
  try {
    await live(name, await wire(), stopping);
    end(0);
  } catch (error) {
    process.stderr.write(`${name}: ${errorText(error)}\n`);
    end(error instanceof SettingsError ? 2 : 1);
  }
}

/**
 * Lets the process end by itself, and ends it soon if something is still open. Calling `process.exit` immediately can
 * hang forever: it joins V8's compiler threads, one of which may wait for a garbage collection by this thread.
 */
function end(code: number): void {
  process.exitCode = code;
  if (process.connected) process.disconnect();
  setTimeout(() => process.exit(code), endPatienceMs).unref();
}

async function live(name: string, wired: Wired, stopping: AbortController): Promise<void> {
  const { telemetry } = wired;
  let failure: unknown;
  let draining = false;
  const loopDelay = monitorEventLoopDelay({ resolution: loopDelayStepMs });
  loopDelay.enable();
  const server = await startHealthServer(wired.healthHost, wired.healthPort, {
    notReady: () => (draining ? ['stopping'] : wired.health.notReady()),
    degraded: () => wired.health.degraded(),
    metricsText: (format) => {
      telemetry.gauge(metrics.degraded, wired.health.degraded().length);
      telemetry.gauge(metrics.loopDelay, loopDelay.max / 1e9);
      return telemetry.metricsText(format);
    },
  });
  const running = wired.run(stopping.signal).catch((error: unknown) => {
    failure = error;
    stopping.abort();
  });
  const facts = { healthPort: server.port, ...wired.facts };
  telemetry.log.info('started', facts);
  process.send?.({ type: 'ready', service: name, facts });
  await aborted(stopping.signal);
  draining = true;
  telemetry.log.info('stopping');
  await within(tuning.shutdownMs, running);
  await within(tuning.shutdownMs, Promise.all([wired.close(), server.close()]));
  telemetry.log.info('stopped');
  await within(tuning.shutdownMs, telemetry.close());
  if (failure !== undefined) throw failure;
}

function aborted(signal: AbortSignal): Promise<void> {
  return signal.aborted
    ? Promise.resolve()
    : new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

/** Resolves with the work, or after `ms` without it. Unfinished messages are redelivered after their ack wait. */
async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([work, new Promise((resolve) => (timer = setTimeout(resolve, ms)))]);
  clearTimeout(timer);
}
