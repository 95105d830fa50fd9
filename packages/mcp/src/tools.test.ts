/** The tools before a gateway and a Router that lie. The chain is the only one that tells the truth. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  exampleCertifiedReport,
  exampleNetwork,
  exampleObservations,
  exampleTask,
} from '@assay/protocol/network/example-network';
import type { CertifiedReport } from '@assay/protocol/report/certified-report';
import type { ChainReader } from '@assay/sdk/chain-reader';
import type { GatewayClient } from '@assay/sdk/gateway-client';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { afterEach, expect, it } from 'vitest';
import { mcpServer } from './serve.ts';

const example = exampleNetwork();
const { task, prompt, outputs } = exampleTask();
const honest = exampleCertifiedReport(example, [{ task, observations: exampleObservations(example, task) }]);
const other = exampleTask({ reference: 'another' }).task;
const ofAnother = exampleCertifiedReport(example, [{ task: other, observations: exampleObservations(example, other) }]);
const accepted = outputs[honest.results.findIndex(({ verdict }) => verdict === 'accept')] ?? '';
const servers: Server[] = [];

afterEach(() => {
  for (const one of servers.splice(0)) {
    one.closeAllConnections();
    one.close();
  }
});

/** A Router that answers every chat with a text, for the task of the example. */
async function routerSaying(content: string): Promise<string> {
  const body = { choices: [{ message: { content } }], assay: { taskId: task.taskId, transaction: 'none' } };
  const server = createServer((_, response) => void response.end(JSON.stringify(body)));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
}

/** Calls a tool where the gateway has this report, and the Router says this. */
async function call(name: string, given: object, report: CertifiedReport, said = accepted) {
  const chain: Pick<ChainReader, 'readNetwork' | 'readRoot' | 'verifyReport'> = {
    readNetwork: async () => example.network,
    readRoot: async () => honest.root,
    verifyReport: async () => report.root === honest.root,
  };
  const gateway: Pick<GatewayClient, 'readReport' | 'readNetwork' | 'submitTask'> = {
    readReport: async () => report,
    readNetwork: async () => ({
      network: example.network,
      policies: [example.policy],
      registry: example.network.hub,
      keystore: example.network.hub,
      oracle: undefined,
    }),
    submitTask: async () => task.taskId,
  };
  const server = mcpServer(
    {
      gateway: gateway as GatewayClient,
      chain: chain as ChainReader,
      routerUrl: await routerSaying(said),
      apiKey: undefined,
      timeoutMs: 5_000,
    },
    () => 'a-reference',
  );
  const [here, there] = InMemoryTransport.createLinkedPair();
  const agent = new Client({ name: 'test', version: '1' });
  await Promise.all([server.connect(there), agent.connect(here)]);
  const answer = await agent.callTool({ name, arguments: { ...given } });
  await agent.close();
  return answer;
}

const known = { taskId: task.taskId };
const ask = { prompt, model: 'm' };

it('proves what it answers', async () => {
  const verified = await call('assay_verify', known, honest);
  expect(verified.structuredContent).toMatchObject({ ...known, proven: ['network', 'report', 'root', 'inclusion'] });
  const explained = await call('assay_explain', known, honest);
  const verdicts = honest.results.map(({ miner, verdict }) => ({ miner, verdict }));
  expect(explained.structuredContent).toMatchObject({ results: verdicts });
  const asked = await call('assay_ask', ask, honest);
  expect(asked.structuredContent).toMatchObject({ answer: accepted, results: verdicts });
});

it.each([
  ['another verdict', { ...honest, results: honest.results.map((one) => ({ ...one, verdict: 'reject' as const })) }],
  ['another root', { ...honest, root: `0x${'12'.repeat(32)}` as const }],
  ['a report of another task', ofAnother],
])('refuses %s', async (_, report) => {
  for (const [name, given] of [
    ['assay_verify', known],
    ['assay_explain', known],
    ['assay_ask', ask],
  ] as const) {
    const { isError, structuredContent } = await call(name, given, report);
    expect({ isError, structuredContent }).toEqual({ isError: true, structuredContent: undefined });
  }
});

it.each([
  ['a text that nobody accepted', ask, `${accepted} Or Lyon.`],
  ['an answer to another question', { ...ask, prompt: 'What is the capital of Spain?' }, accepted],
])('refuses %s', async (_, given, said) => {
  const { isError, content } = await call('assay_ask', given, honest, said);
  expect(isError).toBe(true);
  expect(JSON.stringify(content)).toContain('did not accept');
  expect(JSON.stringify(content)).not.toMatch(/Lyon|Paris/);
});

it('says so where what answers is no Router', async () => {
  const { isError, content } = await call('assay_ask', { prompt }, honest);
  expect(isError).toBe(true);
  expect(content).toMatchObject([{ text: expect.stringMatching(/ is no Router of Assay: data: is missing\.$/) }]);
});
