/**
 * /healthz (the process is alive), /readyz (it can work), /metrics (Prometheus text, or OpenMetrics if the client
 * accepts it).
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

type MetricsFormat = 'prometheus' | 'openmetrics';

const metricsTypes: Readonly<Record<MetricsFormat, string>> = {
  prometheus: 'text/plain; version=0.0.4',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

/** The state that the health endpoints show. */
export interface Health {
  /** Empty if ready; otherwise the names of the parts that are not. */
  notReady(): readonly string[];
  /** Parts that run without an optional dependency, such as a cache. */
  degraded(): readonly string[];
  metricsText(format: MetricsFormat): Promise<string>;
}

/** Starts the endpoints; resolves with the port and a way to stop. */
export async function startHealthServer(
  host: string,
  port: number,
  health: Health,
): Promise<{ port: number; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    const send = (status: number, type: string, body: string) => {
      response.writeHead(status, { 'content-type': type });
      response.end(body);
    };
    const json = (status: number, body: unknown) => send(status, 'application/json', `${JSON.stringify(body)}\n`);
    if (request.url === '/healthz') json(200, { status: 'ok' });
    else if (request.url === '/readyz') {
      const missing = health.notReady();
      json(missing.length === 0 ? 200 : 503, {
        status: missing.length === 0 ? 'ready' : 'not ready',
        missing,
        degraded: health.degraded(),
      });
    } else if (request.url === '/metrics') {
      const format = request.headers.accept?.includes('application/openmetrics-text') ? 'openmetrics' : 'prometheus';
      health.metricsText(format).then(
        (text) => send(200, metricsTypes[format], text),
        () => json(500, { error: { code: 'internal', detail: 'The metrics could not be collected.' } }),
      );
    } else json(404, { error: { code: 'not-found', detail: 'There are /healthz, /readyz and /metrics.' } });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
