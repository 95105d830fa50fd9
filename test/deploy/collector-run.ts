/** A real collector with the settings of deploy/compose, on files and addresses of a test. */
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { startServer } from '@assay/adapters/process/child-server';
import type { ServerProcess } from '@assay/adapters/process/server-programs';
import { parse, stringify } from 'yaml';
import { bin } from '../cluster/modules.ts';
import { root } from './kustomize.ts';

type Attributes = readonly { readonly key: string; readonly value: { readonly stringValue?: string } }[];

/** A line of a log, as Loki receives it. */
export interface ReceivedLine {
  readonly body: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly attributes: Readonly<Record<string, string | undefined>>;
  readonly resource: Readonly<Record<string, string | undefined>>;
}

/** In Loki's place: receives logs by OTLP. */
export interface LogReceiver {
  readonly url: string;
  readonly lines: readonly ReceivedLine[];
  close(): Promise<void>;
}

/** Starts a receiver on a free port of the loopback. */
export async function startLogReceiver(): Promise<LogReceiver> {
  const lines: ReceivedLine[] = [];
  const server = createServer((request, response) => {
    text(request)
      .then((body) => {
        if (request.url === '/otlp/v1/logs') lines.push(...linesIn(body));
        response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
      })
      .catch(() => response.writeHead(400).end());
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    lines,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

/** Starts a collector that reads the logs at `include`. `files` are settings that are given after one another. */
export function startCollector(folder: string, files: readonly string[], include: string, lokiUrl: string) {
  const given = files.map((file, index) => {
    const settings = parse(readFileSync(join(root, file), 'utf8'));
    settings.receivers.file_log.include = [include];
    const own = join(folder, `collector-${index}.yaml`);
    writeFileSync(own, stringify(index === 0 ? forThisMachine(settings, lokiUrl) : settings));
    return own;
  });
  return startServer({
    name: 'collector',
    command: join(bin, 'collector'),
    install: 'npm run test:servers',
    scheme: 'http',
    args: (port) => [...given.flatMap((file) => ['--config', file]), '--config', portFile(folder, port)],
    // It answers any request by OTLP's port, whatever the status.
    probe: async (port) => void (await fetch(`http://127.0.0.1:${port}/`)),
  }) satisfies Promise<ServerProcess>;
}

/** The receiver of traces on a port of the test. */
function portFile(folder: string, port: number): string {
  const file = join(folder, 'port.yaml');
  writeFileSync(file, stringify({ receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${port}` } } } } }));
  return file;
}

/** Without tail sampling, which the built collector lacks; JSON to the receiver; nothing on fixed ports. */
// biome-ignore lint/suspicious/noExplicitAny: settings of any shape, which the collector checks.
function forThisMachine(settings: any, lokiUrl: string): object {
  const { tail_sampling: _, ...processors } = settings.processors;
  const { traces, logs } = settings.service.pipelines;
  const loki = { ...settings.exporters['otlp_http/loki'], encoding: 'json', compression: 'none' };
  return {
    ...settings,
    processors,
    exporters: { ...settings.exporters, 'otlp_http/loki': { ...loki, endpoint: `${lokiUrl}/otlp` } },
    service: {
      telemetry: { metrics: { level: 'none' } },
      pipelines: {
        logs,
        traces: { ...traces, processors: traces.processors.filter((one: string) => one !== 'tail_sampling') },
      },
    },
  };
}

interface Export {
  readonly resourceLogs: readonly {
    readonly resource: { readonly attributes?: Attributes };
    readonly scopeLogs: readonly {
      readonly logRecords: readonly {
        readonly body: { readonly stringValue?: string };
        readonly traceId?: string;
        readonly spanId?: string;
        readonly attributes?: Attributes;
      }[];
    }[];
  }[];
}

function linesIn(body: string): ReceivedLine[] {
  const { resourceLogs } = JSON.parse(body) as Export;
  return resourceLogs.flatMap(({ resource, scopeLogs }) =>
    scopeLogs.flatMap(({ logRecords }) =>
      logRecords.map((one) => ({
        body: one.body.stringValue ?? '',
        traceId: one.traceId ?? '',
        spanId: one.spanId ?? '',
        attributes: named(one.attributes),
        resource: named(resource.attributes),
      })),
    ),
  );
}

const named = (attributes: Attributes = []) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue]));
