/** Agents that use the tools of `assay mcp`, by the protocol's own client. */
import { spawn } from 'node:child_process';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { assayProgram } from '../../integration/assay-program.ts';
import { within } from '../../integration/eventually.ts';

/** How `assay mcp` reaches its network: option names without dashes. */
type Connection = Readonly<Record<string, string>>;

const words = (connection: Connection) => [
  ...assayProgram(),
  'mcp',
  ...Object.entries(connection).flatMap(([name, value]) => [`--${name}`, value]),
];
const newClient = () => new Client({ name: 'test-agent', version: '1.0.0' });

/** An agent that starts the command itself. */
export async function agentOverStdio(connection: Connection): Promise<Client> {
  const agent = newClient();
  await agent.connect(
    new StdioClientTransport({ command: process.execPath, args: words(connection), stderr: 'inherit' }),
  );
  return agent;
}

/** An agent of a command that serves over HTTP. */
export async function agentAt(
  connection: Connection,
): Promise<{ readonly agent: Client; readonly url: string; readonly end: () => Promise<unknown> }> {
  const child = spawn(process.execPath, [...words(connection), '--port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const line = await within(
    'the address of the server',
    new Promise<string>((resolve) => child.stdout.once('data', (part) => resolve(String(part)))),
  );
  const { mcpUrl: url } = JSON.parse(line) as { mcpUrl: string };
  const agent = newClient();
  await agent.connect(new StreamableHTTPClientTransport(new URL(url)) as Parameters<Client['connect']>[0]);
  const end = () => {
    child.kill('SIGINT');
    return within('the end of the server', ended);
  };
  return { agent, url, end };
}

/** What a tool answers as data. Throws with its words if it is an error. */
export async function resultOf(agent: Client, name: string, given: object): Promise<Record<string, unknown>> {
  const { isError, structuredContent, content } = await agent.callTool({ name, arguments: { ...given } });
  if (isError === true || structuredContent === undefined) throw new Error(`${name}: ${JSON.stringify(content)}`);
  return structuredContent as Record<string, unknown>;
}
