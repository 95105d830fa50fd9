/** Every query of dashboards, alerts and autoscalers, run on a real Prometheus that scraped a working network. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { ServerProcess } from '@assay/adapters/process/server-programs';
import { type LocalNetwork, startLocalNetwork } from '@assay/cli/network/local-network';
import { readTaskFile } from '@assay/cli/tasks/task-file';
import { GatewayError } from '@assay/sdk/gateway-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { dashboards } from '../../../deploy/generate/dashboard-panels.ts';
import { alertGroups } from '../../../deploy/generate/observability.ts';
import { markedTask, publicRequest } from '../../e2e/trace/trace-tasks.ts';
import { eventually } from '../../integration/eventually.ts';
import { temporaryFolder } from '../../integration/temporary-folder.ts';
import { root } from '../kustomize.ts';
import { askPrometheus, exemplarTraces, hasProgram, startPrometheus } from '../prometheus-server.ts';

const tasks = 6;
const slow = 180_000;

/** Selectors whose series exist only in case of a fault, or come from exporters that are not part of Assay. */
const emptyInHealth: readonly RegExp[] = [
  /status="429"/,
  /^up\{job="nats"\}/,
  /^certmanager_/,
  /^assay_message_retries_total/,
  // For sealed tasks only, which test/e2e covers.
  /^assay_(grants|sessions)_total/,
];
/** Whether its series exist depends on the tasks: a policy may leave an honest answer undecided. */
const dependsOnTasks = /verdict="abstain"/;
const mayBeEmpty = (text: string) => [dependsOnTasks, ...emptyInHealth].some((pattern) => pattern.test(text));

const questions = dashboards.flatMap(({ title, panels }) =>
  panels
    .filter(({ source = 'prometheus' }) => source === 'prometheus')
    .flatMap((panel) =>
      Object.values(panel.ask).map((expr) => ({ where: `${title}: ${panel.title}`, expr: filledIn(expr) })),
    ),
);
const rules = alertGroups().flatMap((group) => group.rules);
const autoscalers = join(root, 'deploy/kubernetes/components/hpa');

/** `metric{labels}` of an autoscaler, from its manifest; an overlay puts an operator's address in place of its label. */
function selectorOf(manifest: string): string {
  const { spec } = parse(manifest) as {
    spec: { metrics: [{ external: { metric: { name: string; selector: { matchLabels: Record<string, string> } } } }] };
  };
  const { name, selector } = spec.metrics[0].external.metric;
  const { operator: _, ...own } = selector.matchLabels;
  const labels = Object.entries(own).map(([label, value]) => `${label}="${value}"`);
  return `${name}{${labels.join(',')}}`;
}

/** Every `metric{labels}` of the alerts and of the autoscalers. */
const selectors = [
  ...new Set([
    ...rules
      .flatMap(({ expr }) => expr.match(/\b(?:assay|certmanager|up)\w*(?:\{[^}]*\})?/g) ?? [])
      .filter((one) => one !== 'up'),
    ...readdirSync(autoscalers)
      .filter((file) => file !== 'kustomization.yaml' && !file.endsWith('.values.yaml'))
      .map((file) => selectorOf(readFileSync(join(autoscalers, file), 'utf8'))),
  ]),
];

function filledIn(expr: string): string {
  return expr
    .replaceAll('$__rate_interval', '30s')
    .replaceAll('$__range', '5m')
    .replaceAll(/\$(operator|role)/g, '.*');
}

describe.skipIf(!hasProgram('prometheus'))('with a Prometheus (Debian: prometheus) and a working network', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let network: LocalNetwork;
  let prometheus: ServerProcess;

  beforeAll(async () => {
    folder = await temporaryFolder();
    network = await startLocalNetwork({ operators: 1, replicas: 1, aggregators: 1 });
    const targets = network.services.map((service) => ({
      job: service.service,
      instance: service.name,
      port: Number(service.facts.healthPort),
    }));
    prometheus = await startPrometheus(folder.path, targets, join(root, 'deploy/prometheus/alerts.yaml'));
    const fixtures = await readTaskFile(join(root, 'test/fixtures/tasks.jsonl'));
    for (const task of fixtures.slice(0, tasks)) {
      const taskId = await network.gateway.submitTask(publicRequest(task));
      await eventually('the report', () => network?.gateway.readReport(taskId, 30_000), slow);
      await pause(500);
    }
    await letRefuse(network);
    await eventually(
      'the last counts to be scraped',
      async () => (await askPrometheus(prometheus, `sum(assay_reports_total) >= ${tasks}`)) > 0,
    );
    await pause(3_000);
  }, slow);

  afterAll(async () => {
    await prometheus?.stop();
    await network?.stop();
    await folder?.remove();
  }, slow);

  it.each(questions)('$where has data', async ({ expr }) => {
    const series = await askPrometheus(prometheus, expr);
    const allowed = (expr.match(/\b(?:assay|up)\w*(?:\{[^}]*\})?/g) ?? []).some(mayBeEmpty);
    if (!allowed) expect(series, expr).toBeGreaterThan(0);
  });

  it.each(['assay_stage_seconds_bucket', 'assay_check_seconds_bucket', 'assay_message_handling_seconds_bucket'])(
    '%s links to traces by its exemplars',
    async (metric) => {
      const traces = await exemplarTraces(prometheus, metric);
      expect(traces.length).toBeGreaterThan(0);
      for (const trace of traces) expect(trace).toMatch(/^[0-9a-f]{32}$/);
    },
  );

  it.each(selectors.filter((selector) => !dependsOnTasks.test(selector)))(
    '%s, which an alert or an autoscaler uses, exists, or must not exist in a healthy network',
    async (selector) => {
      const series = await askPrometheus(prometheus, selector);
      if (mayBeEmpty(selector)) expect(series).toBe(0);
      else expect(series).toBeGreaterThan(0);
    },
  );

  it.each(rules.map(({ alert, expr }) => ({ alert, expr })))('$alert does not fire', async ({ alert, expr }) => {
    // One dead letter was caused on purpose, and the alert needs five; everything else is healthy.
    expect(await askPrometheus(prometheus, expr), alert).toBe(0);
  });
});

/**
 * Submits an invalid task, which the gateway counts, and a message that no service accepts, which becomes a dead
 * letter.
 */
async function letRefuse(network: LocalNetwork): Promise<void> {
  const wrong = network.gateway.submitTask({ ...publicRequest(markedTask('wrong')), policy: 'none-such' });
  await expect(wrong).rejects.toThrow(GatewayError);
  const { connectNatsBus } = await import('@assay/adapters/nats/bus');
  const bus = await connectNatsBus({ servers: network.servers.nats.url, name: 'a test' });
  await bus.publish(`assay.v1.tasks.${'ab'.repeat(32)}`, new TextEncoder().encode('{}'));
  await eventually('the dead letter', () => bus.last('DEAD', 'assay.v1.dead.tasks'));
  await bus.close();
}

describe('the rules', () => {
  const runbook = (name: string) => join(root, 'docs/runbooks', `${name}.md`);

  it.each(rules.map(({ alert }) => alert))(
    '%s has a runbook that says what it means, what to look at, what to do',
    (alert) => {
      const text = readFileSync(runbook(alert), 'utf8');
      for (const heading of ['## What it means', '## What to look at', '## What to do'])
        expect(text).toContain(heading);
      expect(rules.find((rule) => rule.alert === alert)?.annotations.runbook_url).toBe(`docs/runbooks/${alert}.md`);
    },
  );
});
