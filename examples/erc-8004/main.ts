/**
 * Answers the open validation requests to a contract AssayValidator whose tasks are certified, once:
 *
 *     RPC_URL=… REGISTRY=0x… VALIDATOR=0x… GATEWAY_URL=… KEY_FILE=… node examples/erc-8004/main.ts
 *
 * The account of KEY_FILE pays for the transactions, and is trusted with nothing.
 */
import { readFile } from 'node:fs/promises';
import { reportFieldsOf } from '@assay/protocol/report/certified-report';
import { GatewayClient } from '@assay/sdk/gateway-client';
import { type Address, createPublicClient, createWalletClient, defineChain, type Hex, http } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { answerRequest, openRequests } from './validation.ts';

const setting = (name: string): string => {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set; the head of examples/erc-8004/main.ts lists what is.`);
  return value;
};

const transport = http(setting('RPC_URL'));
const validator = setting('VALIDATOR') as Address;
const client = createPublicClient({ transport });
const account = privateKeyToAccount((await readFile(setting('KEY_FILE'), 'utf8')).trim() as Hex);
const chain = defineChain({
  id: await client.getChainId(),
  name: 'the chain of the hub',
  nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
  rpcUrls: { default: { http: [setting('RPC_URL')] } },
});
const wallet = createWalletClient({ account, chain, transport });
const gateway = new GatewayClient(setting('GATEWAY_URL'));

for (const subject of await openRequests(client, setting('REGISTRY') as Address, validator, 0n)) {
  const report = await gateway.readReport(subject.taskId);
  if (report === undefined) {
    console.log(`${subject.taskId} is not certified yet`);
    continue;
  }
  const { epoch, sequence, proof } = report;
  const proven = { epoch, sequence, proof, fields: reportFieldsOf(report) };
  console.log(`${subject.taskId} answered in ${await answerRequest(client, wallet, validator, subject, proven)}`);
}
