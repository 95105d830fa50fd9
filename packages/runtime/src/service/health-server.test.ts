import { afterEach, describe, expect, it } from 'vitest';
import { type Health, startHealthServer } from './health-server.ts';

const well: Health = { notReady: () => [], degraded: () => [], metricsText: async () => 'up 1\n' };
let close: (() => Promise<void>) | undefined;

async function ask(path: string, health: Partial<Health> = {}): Promise<{ status: number; text: string }> {
  const server = await startHealthServer('127.0.0.1', 0, { ...well, ...health });
  close = () => server.close();
  const response = await fetch(`http://127.0.0.1:${server.port}${path}`);
  return { status: response.status, text: await response.text() };
}

afterEach(() => close?.());

describe('the health server', () => {
  it('reports that the process is alive, ready or not', async () => {
    expect(await ask('/healthz', { notReady: () => ['nats'] })).toEqual({ status: 200, text: '{"status":"ok"}\n' });
  });

  it('names the missing parts, and the degraded ones', async () => {
    const { status, text } = await ask('/readyz', { notReady: () => ['nats'], degraded: () => ['redis'] });
    expect(status).toBe(503);
    expect(JSON.parse(text)).toEqual({ status: 'not ready', missing: ['nats'], degraded: ['redis'] });
  });

  it('is ready while it is only degraded', async () => {
    expect((await ask('/readyz', { degraded: () => ['redis'] })).status).toBe(200);
  });

  it('shows the metrics, or that they are not available', async () => {
    expect(await ask('/metrics')).toEqual({ status: 200, text: 'up 1\n' });
    await close?.();
    expect((await ask('/metrics', { metricsText: () => Promise.reject(new Error('broken')) })).status).toBe(500);
  });

  it('shows OpenMetrics to clients that accept it', async () => {
    const server = await startHealthServer('127.0.0.1', 0, { ...well, metricsText: async (format) => format });
    close = () => server.close();
    const response = await fetch(`http://127.0.0.1:${server.port}/metrics`, {
      headers: { accept: 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5' },
    });
    expect(response.headers.get('content-type')).toMatch(/^application\/openmetrics-text; version=1\.0\.0/);
    expect(await response.text()).toBe('openmetrics');
  });

  it('has no other path', async () => {
    expect((await ask('/secrets')).status).toBe(404);
  });
});
