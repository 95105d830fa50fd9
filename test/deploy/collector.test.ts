/** Logs of Assay's containers reach Loki with their service and trace, and logs of no other container. A real collector. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { isBuilt } from '../cluster/modules.ts';
import { collector as collectorVersion } from '../cluster/programs.ts';
import { eventually } from '../integration/eventually.ts';
import { temporaryFolder } from '../integration/temporary-folder.ts';
import { type LogReceiver, startCollector, startLogReceiver } from './collector-run.ts';
import { root } from './kustomize.ts';

const settingsFile = 'deploy/compose/observability/collector.yaml';
const podsFile = 'deploy/compose/observability/collector-pods.yaml';
const traceId = '0af7651916cd43dd8448eb211c80319c';
const spanId = 'b7ad6b7169203331';
const time = '2026-01-02T03:04:05.678901234Z';
const line = (service: string, message: string) =>
  JSON.stringify({ level: 'info', time, service, trace_id: traceId, span_id: spanId, message });
const traced = { traceId, spanId, resource: { 'service.name': 'gateway', 'service.namespace': 'assay' } };

interface Service {
  readonly image: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly logging?: { readonly driver: string; readonly options: Readonly<Record<string, string>> };
}
const { services } = parse(readFileSync(join(root, 'deploy/compose/stack.yaml'), 'utf8'), { merge: true }) as {
  services: Readonly<Record<string, Service>>;
};

/** As Docker's driver `json-file` writes what a service prints: with the labels that the service's logging names. */
function dockerLine({ labels = {}, logging }: Service, log: string): string {
  const wanted = (logging?.options.labels ?? '').split(',').filter((name) => name in labels);
  const attrs = Object.fromEntries(wanted.map((name) => [name, labels[name]]));
  return `${JSON.stringify({ log: `${log}\n`, stream: 'stdout', ...(wanted.length > 0 ? { attrs } : {}), time })}\n`;
}

it('Assay’s services alone are told from other containers in their logs', () => {
  const told = Object.entries(services).filter(([, one]) => dockerLine(one, '').includes('attrs'));
  const own = Object.entries(services).filter(([, { image }]) => image.startsWith('assay/'));
  // What sets the network up ends before anything runs.
  expect(told.map(([name]) => name)).toEqual(own.map(([name]) => name).filter((name) => name !== 'network-setup'));
  for (const [, { logging }] of told) expect(logging?.options['max-size']).toMatch(/^\d+m$/);
});

it('the stack runs the collector that is tested', () => {
  expect(services['otel-collector']?.image).toMatch(new RegExp(`:${collectorVersion.replaceAll('.', '\\.')}$`));
});

const why = isBuilt('collector') ? '' : ' (skipped: "npm run test:servers" builds a collector)';

describe.skipIf(why !== '')(`with a real collector${why}`, () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let loki: LogReceiver;

  beforeEach(async () => {
    folder = await temporaryFolder();
    loki = await startLogReceiver();
  });
  afterEach(async () => {
    await loki.close();
    await folder.remove();
  });

  const write = (path: string, text: string) => {
    const file = join(folder.path, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  };
  const bodies = () => loki.lines.map(({ body }) => body.trim());
  const serviceOf = (name: string): Service => services[name] ?? { image: '' };

  it('lines of Docker’s containers come with service and trace, and those of others and of itself not', async () => {
    const gateway = line('gateway', 'a task');
    const containers = {
      other: { image: 'nginx' },
      pretender: { image: 'nginx' },
      collector: serviceOf('otel-collector'),
      grafana: serviceOf('grafana'),
      gateway: serviceOf('gateway'),
      router: serviceOf('router'),
    };
    const printed: Readonly<Record<keyof typeof containers, string>> = {
      other: 'GET / 200',
      pretender: line('gateway', 'not of Assay'),
      collector: '2026-01-02T03:04:05Z info otelcol Everything is ready.',
      grafana: '{"logger":"http","msg":"Request Completed"}',
      gateway,
      router: 'Warning: no JSON',
    };
    for (const [name, service] of Object.entries(containers))
      write(`${name}/${name}-json.log`, dockerLine(service, printed[name as keyof typeof containers]));
    const collector = await startCollector(folder.path, [settingsFile], `${folder.path}/*/*-json.log`, loki.url);
    try {
      await eventually('both services', () => bodies().includes(gateway) && bodies().includes('Warning: no JSON'));
      // Written after the others were read.
      const later = line('gateway', 'another task');
      write('later/later-json.log', dockerLine(serviceOf('gateway'), later));
      await eventually('the last line', () => bodies().includes(later));
      expect(bodies().toSorted()).toEqual([gateway, later, 'Warning: no JSON'].toSorted());
      const received = loki.lines.find(({ body }) => body.includes('"a task"'));
      expect(received).toMatchObject(traced);
      expect(received?.attributes).toMatchObject({ 'log.iostream': 'stdout', message: 'a task', level: 'info' });
      expect(received?.attributes).not.toHaveProperty('attrs');
    } finally {
      await collector.stop();
    }
  });

  it('lines of pods come with namespace, pod and container', async () => {
    const gateway = line('gateway', 'a task');
    const pods = `${folder.path}/pods`;
    write('pods/assay_gateway-7c9f_0000/gateway/0.log', `${time} stdout F ${gateway}\n`);
    write('pods/observability_collector-1_0000/collector/0.log', `${time} stderr F Everything is ready.\n`);
    const { include } = parse(readFileSync(join(root, podsFile), 'utf8')).receivers.file_log;
    expect(include).toEqual(['/var/log/pods/assay*_*/*/*.log']);
    const own = include[0].replace('/var/log/pods', pods);
    const collector = await startCollector(folder.path, [settingsFile, podsFile], own, loki.url);
    try {
      await eventually('the line', () => bodies().includes(gateway));
      expect(loki.lines).toMatchObject([traced]);
      expect(loki.lines[0]?.resource).toMatchObject({
        'k8s.namespace.name': 'assay',
        'k8s.pod.name': 'gateway-7c9f',
        'k8s.container.name': 'gateway',
      });
    } finally {
      await collector.stop();
    }
  });
});
