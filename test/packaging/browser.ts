/** A page in headless Chromium that reaches a network through its own origin. */
import { existsSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { build } from 'vite';

const pageTimeoutMs = 60_000;

/** The path of Chromium in Debian and other systems; undefined if it is not installed. */
export const chromiumPath: string | undefined = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find(existsSync);

/** The parts of the local network that a page uses. */
export interface Origins {
  readonly gatewayUrl: string;
  readonly rpcUrl: string;
}

/**
 * Bundles programs that read `.assay/network.json` from disk, for a place that has no disk: `readFile` gives what the
 * page was opened with. The modules by their paths in the page; each program keeps its name.
 */
export async function bundle(folder: string, programs: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const disk = 'export const readFile = async () => JSON.stringify(globalThis.network);';
  const result = await build({
    root: folder,
    configFile: false,
    logLevel: 'error',
    plugins: [
      {
        name: 'no-disk',
        enforce: 'pre',
        resolveId: (id) => (id === 'node:fs/promises' ? '\0disk' : undefined),
        load: (id) => (id === '\0disk' ? disk : undefined),
      },
    ],
    build: {
      write: false,
      minify: false,
      target: 'esnext',
      lib: { entry: programs.map((one) => join(folder, one)), formats: ['es'], fileName: (_, name) => `${name}.mjs` },
    },
  });
  const [output] = Array.isArray(result) ? result : [result];
  if (output === undefined || !('output' in output)) throw new Error('vite gave no bundle.');
  return new Map(output.output.flatMap((one) => (one.type === 'chunk' ? [[`/${one.fileName}`, one.code]] : [])));
}

/** Runs bundled programs, each in a page; resolves with what each wrote to the console. Rejects with a page's error. */
export async function runInPages(
  programs: readonly string[],
  modules: ReadonlyMap<string, string>,
  network: object,
  origins: Origins,
): Promise<readonly string[]> {
  const server = createServer((request, response) => void answer(request, response, modules, network, origins));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const browser = await chromium.launch({ executablePath: chromiumPath ?? '', args: ['--no-sandbox'] });
  try {
    const said: string[] = [];
    for (const program of programs) said.push(await runInPage(browser, `${originOf(server)}/?${program}`));
    return said;
  } finally {
    await browser.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

async function runInPage(browser: Browser, url: string): Promise<string> {
  const page = await browser.newPage();
  const lines: string[] = [];
  const failed = new Promise<never>((_, reject) => page.on('pageerror', reject));
  failed.catch(() => {});
  page.on('console', (message) => lines.push(message.text()));
  await page.goto(url);
  const done = page.waitForFunction('globalThis.done === true', undefined, { timeout: pageTimeoutMs });
  await Promise.race([done, failed]);
  return lines.join('\n');
}

function originOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The page, its modules, and the gateway and the chain behind the same origin. */
async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  modules: ReadonlyMap<string, string>,
  network: object,
  { gatewayUrl, rpcUrl }: Origins,
): Promise<void> {
  const path = request.url ?? '/';
  const module = modules.get(path);
  if (path.startsWith('/?')) {
    const place = `{ ...${JSON.stringify(network)}, gatewayUrl: location.origin, rpcUrl: location.origin + '/rpc' }`;
    response.setHeader('content-type', 'text/html');
    response.end(
      `<script>globalThis.network = ${place};</script><script type="module">import '/${path.slice(2)}'; globalThis.done = true;</script>`,
    );
  } else if (module !== undefined) {
    response.setHeader('content-type', 'text/javascript');
    response.end(module);
  } else if (path === '/rpc' || path.startsWith('/v1/')) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of request) chunks.push(chunk as Uint8Array);
    const passed = await fetch(path === '/rpc' ? rpcUrl : `${gatewayUrl}${path}`, {
      method: request.method ?? 'GET',
      headers: { 'content-type': 'application/json' },
      ...(chunks.length > 0 && { body: Buffer.concat(chunks) }),
    });
    response.writeHead(passed.status, { 'content-type': 'application/json' });
    response.end(await passed.text());
  } else response.writeHead(404).end();
}
