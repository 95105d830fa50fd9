/** The server on its two transports: standard input and output, and streamable HTTP. The only file that opens either. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bearerTokenOf } from '@assay/protocol/api/api-keys';
import { errorText } from '@assay/protocol/error-text';
import { tuning } from '@assay/protocol/tuning';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { AssayAccess } from './assay-access.ts';
import { addTools } from './tools.ts';

/** A server of the tools for one network and caller. */
export function mcpServer(access: AssayAccess, newReference: () => string): McpServer {
  const server = new McpServer(
    { name: 'assay', title: 'Assay', version: '0.1.0' },
    {
      instructions:
        'Assay judges answers of AI models. assay_ask asks a network; assay_judge judges answers that you have; ' +
        'assay_explain says why; assay_verify proves a certificate against the chain.',
    },
  );
  addTools(server, access, newReference);
  return server;
}

/** Serves one client on standard input and output until either ends. */
export async function serveStdio(server: McpServer): Promise<void> {
  const transport = new StdioServerTransport();
  const ended = new Promise<void>((resolve) => {
    transport.onclose = resolve;
    process.stdin.once('end', resolve);
  });
  await server.connect(transport);
  await ended;
  await server.close();
}

/** Options of the HTTP server. */
export interface McpHttpOptions {
  /** 0: any free one. */
  readonly port: number;
  /** A server for a caller with this API key. */
  readonly serverFor: (apiKey: string | undefined) => McpServer;
}

/** Where clients connect. */
const mcpPath = '/mcp';

/**
 * Serves clients at `/mcp` on the loopback interface, without sessions: each request has a server of its own, under the API
 * key of its header.
 */
export async function serveHttp({
  port,
  serverFor,
}: McpHttpOptions): Promise<{ readonly url: string; close(): Promise<void> }> {
  const http = createServer((request, response) => {
    void answer(request, response, serverFor).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ jsonrpc: '2.0', id: null, error: { code: -32_603, message: errorText(error) } }));
    });
  });
  http.requestTimeout = tuning.receiptTimeoutMs;
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject);
    http.listen(port, '127.0.0.1', resolve);
  });
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}${mcpPath}`;
  return {
    url,
    close: () =>
      new Promise((resolve) => {
        http.close(() => resolve());
        http.closeAllConnections();
      }),
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  serverFor: McpHttpOptions['serverFor'],
): Promise<void> {
  const refuse = (status: number, message: string) =>
    void response
      .writeHead(status, { 'content-type': 'application/json' })
      .end(JSON.stringify({ jsonrpc: '2.0', id: null, error: { code: -32_000, message } }));
  // A page in a browser can send requests to loopback under a name of its own (DNS rebinding).
  if (!/^(?:127\.0\.0\.1|localhost)(?::\d+)?$/.test(request.headers.host ?? '') || request.headers.origin !== undefined)
    return refuse(403, 'Only programs on this machine may connect.');
  if (request.url?.split('?')[0] !== mcpPath) return refuse(404, `The server is at ${mcpPath}.`);
  if (request.method !== 'POST') return refuse(405, 'This server keeps no sessions: send POST.');
  const apiKey = bearerTokenOf(request.headers.authorization);
  const server = serverFor(apiKey);
  const transport = new StreamableHTTPServerTransport({});
  response.once('close', () => void server.close());
  await server.connect(transport);
  await transport.handleRequest(request, response);
}
