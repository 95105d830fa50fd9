/** `assay mcp`: the tools of Assay for agents, on standard input and output or over HTTP. */
import { randomUUID } from 'node:crypto';
import type { AssayAccess } from '@assay/mcp/assay-access';
import { mcpServer, serveHttp, serveStdio } from '@assay/mcp/serve';
import { issueText } from '@assay/protocol/encoding/issue-text';
import { ChainReader } from '@assay/sdk/chain-reader';
import { GatewayClient } from '@assay/sdk/gateway-client';
import { config } from 'zod';
import { type ConnectionOptions, connectionOf } from '../network/connection.ts';
import { readConnection } from '../network/network-file.ts';

/** Options of `mcp`. */
export interface McpCommand extends ConnectionOptions {
  /** Base URL of the Router; by default the one of this folder. */
  readonly router?: string;
  /** Serve over HTTP on this port; without it on standard input and output. */
  readonly port?: number;
  readonly timeout: number;
  readonly signal: AbortSignal;
}

/** Serves until the client or the signal ends it; resolves with the exit code. Standard output belongs to the protocol. */
export async function mcpCommand({ router, port, timeout, signal, ...options }: McpCommand): Promise<number> {
  // The protocol's server checks what an agent gives to a tool, and says what is wrong in the words of the schema library.
  config({ customError: issueText });
  const connection = await connectionOf(options);
  const chain = new ChainReader(connection);
  const routerUrl = router ?? (await readConnection(process.cwd()))?.openaiBaseUrl;
  const accessOf = (apiKey: string | undefined): AssayAccess => ({
    gateway: new GatewayClient(connection.gatewayUrl, { apiKey }),
    chain,
    routerUrl,
    apiKey,
    timeoutMs: 1_000 * timeout,
  });
  const serverFor = (apiKey: string | undefined) => mcpServer(accessOf(apiKey), () => `mcp-${randomUUID()}`);
  const ended = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  if (port === undefined) {
    await Promise.race([serveStdio(serverFor(process.env.ASSAY_API_KEY || undefined)), ended]);
    return 0;
  }
  const server = await serveHttp({ port, serverFor });
  process.stdout.write(`${JSON.stringify({ mcpUrl: server.url })}\n`);
  await ended;
  await server.close();
  return 0;
}
