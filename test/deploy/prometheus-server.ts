/** A real Prometheus that scrapes processes of this machine, and promtool beside it. */
import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ServerProcess, startServer } from '@assay/adapters/process/child-server';
import { stringify } from 'yaml';

/** What to scrape: labels and ports. */
export interface ScrapeTarget {
  readonly job: string;
  readonly instance: string;
  readonly port: number;
}

/** True if a program is installed. */
export function hasProgram(program: string): boolean {
  try {
    execFileSync(program, ['--version'], { stdio: 'pipe' });
    return true;
  } catch {
    return false;
  }
}

/** Starts Prometheus with an interval of one second. */
export async function startPrometheus(
  dir: string,
  targets: readonly ScrapeTarget[],
  rules: string,
): Promise<ServerProcess> {
  await mkdir(dir, { recursive: true });
  const config = join(dir, 'prometheus.yaml');
  await writeFile(
    config,
    stringify({
      global: { scrape_interval: '1s', evaluation_interval: '1s' },
      rule_files: [rules],
      scrape_configs: [
        {
          job_name: 'assay',
          honor_labels: true,
          static_configs: targets.map(({ job, instance, port }) => ({
            targets: [`127.0.0.1:${port}`],
            labels: { job, instance },
          })),
        },
      ],
    }),
  );
  return startServer({
    name: 'prometheus',
    command: 'prometheus',
    install: 'apt-get install -y --no-install-recommends prometheus',
    scheme: 'http',
    args: (port) => [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(dir, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--enable-feature=exemplar-storage',
    ],
    probe: async (port) => {
      const answer = await fetch(`http://127.0.0.1:${port}/-/ready`);
      if (!answer.ok) throw new Error(`Prometheus says ${answer.status}`);
    },
  });
}

/** The number of series that a query returns. Throws Prometheus's error for an invalid query. */
export async function askPrometheus(server: ServerProcess, query: string): Promise<number> {
  const answer = await fetch(`${server.url}/api/v1/query`, { method: 'POST', body: new URLSearchParams({ query }) });
  const body = (await answer.json()) as { status: string; error?: string; data?: { result: unknown[] } };
  if (body.status !== 'success') throw new Error(`${query}: ${body.error}`);
  return body.data?.result.length ?? 0;
}

/** The traces named by a metric's exemplars of the last five minutes. */
export async function exemplarTraces(server: ServerProcess, metric: string): Promise<string[]> {
  const nowSeconds = Date.now() / 1_000;
  const answer = await fetch(`${server.url}/api/v1/query_exemplars`, {
    method: 'POST',
    body: new URLSearchParams({ query: metric, start: String(nowSeconds - 300), end: String(nowSeconds) }),
  });
  const body = (await answer.json()) as { data?: { exemplars: { labels: { trace_id?: string } }[] }[] };
  return (body.data ?? []).flatMap(({ exemplars }) => exemplars.flatMap(({ labels }) => labels.trace_id ?? []));
}

/** An alert that fires. */
export interface FiringAlert {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly summary: string;
}

/** What fires now. */
export async function firingAlerts(server: ServerProcess): Promise<FiringAlert[]> {
  const answer = await fetch(`${server.url}/api/v1/alerts`);
  const { data } = (await answer.json()) as {
    data: {
      alerts: {
        state: string;
        labels: Record<string, string> & { alertname: string };
        annotations: { summary: string };
      }[];
    };
  };
  return data.alerts
    .filter(({ state }) => state === 'firing')
    .map(({ labels, annotations }) => ({ name: labels.alertname, labels, summary: annotations.summary }));
}
