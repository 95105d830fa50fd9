/** Validation requests of ERC-8004, answered with a certified verdict: contracts of examples/erc-8004 on a real chain. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { anvilAccountKey } from '@assay/adapters/evm/anvil-accounts';
import { buildBatch, minerWord, reportLeaf } from '@assay/protocol/batch/batch';
import { type Address, createPublicClient, createWalletClient, getAddress, type Hex, http, parseAbi } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { foundry } from 'viem/chains';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  answerRequest,
  openRequests,
  type ProvenReport,
  requestOf,
  type Subject,
  subjectIn,
  validationRegistryAbi,
} from '../../examples/erc-8004/validation.ts';
import { runForge } from '../../packages/contracts/src/forge.ts';
import { startTestChain, type TestChain } from '../chain/certified-batches.ts';
import { temporaryFolder } from './temporary-folder.ts';

const slow = 120_000;
const root = fileURLToPath(new URL('../../', import.meta.url));
const agentAccount = privateKeyToAccount(anvilAccountKey(20));
const answerer = privateKeyToAccount(anvilAccountKey(21));
const taskId: Hex = `0x${'7a'.repeat(32)}`;
const policyDigest: Hex = `0x${'5a'.repeat(32)}`;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let chain: TestChain;
let registry: Address;
let validator: Address;
let subject: Subject;

const clients = () => {
  const options = { chain: foundry, transport: http(chain.server.url), pollingInterval: 50 };
  return {
    client: createPublicClient(options),
    agent: createWalletClient({ ...options, account: agentAccount }),
    answering: createWalletClient({ ...options, account: answerer }),
  };
};

/** Builds the contracts that are deployed here; those of forge's own tests take ten times as long. */
function buildContracts() {
  const places = { FOUNDRY_OUT: join(folder.path, 'out'), FOUNDRY_CACHE_PATH: join(folder.path, 'cache') };
  const contracts = ['AssayValidator.sol', 'test/MinimalRegistries.sol'];
  return runForge(['build', ...contracts], slow, `${root}examples/erc-8004`, places);
}

/** Deploys what {@link buildContracts} has built. */
async function deploy(name: string, file: string, args: readonly unknown[]): Promise<Address> {
  const artifact = JSON.parse(readFileSync(join(folder.path, 'out', file, `${name}.json`), 'utf8'));
  const { client, agent } = clients();
  const hash = await agent.deployContract({ abi: artifact.abi, bytecode: artifact.bytecode.object, args: [...args] });
  const { contractAddress } = await client.waitForTransactionReceipt({ hash });
  if (!contractAddress) throw new Error(`${name} was not deployed`);
  return getAddress(contractAddress);
}

beforeAll(async () => {
  folder = await temporaryFolder();
  const built = buildContracts();
  expect(built.status, built.output).toBe(0);
  chain = await startTestChain();
  const identity = await deploy('MinimalIdentityRegistry', 'MinimalRegistries.sol', []);
  registry = await deploy('MinimalValidationRegistry', 'MinimalRegistries.sol', [identity]);
  validator = await deploy('AssayValidator', 'AssayValidator.sol', [chain.deployed.hub, registry]);
  const { client, agent } = clients();
  const hash = await agent.writeContract({
    address: identity,
    abi: parseAbi(['function register() returns (uint256)']),
    functionName: 'register',
  });
  await client.waitForTransactionReceipt({ hash });
  subject = {
    chainId: BigInt(foundry.id),
    hub: getAddress(chain.deployed.hub),
    agentId: 1n,
    taskId,
    policyDigest,
    miner: agentAccount.address,
  };
}, slow);

afterAll(async () => {
  await chain?.server.stop();
  await folder?.remove();
});

/** What the registry says of the request. */
const status = (requestHash: Hex) =>
  clients().client.readContract({
    address: registry,
    abi: validationRegistryAbi,
    functionName: 'getValidationStatus',
    args: [requestHash],
  });

it('finds what a request asks about in its URI, and nothing where the hash is of something else', () => {
  const { requestURI, requestHash } = requestOf(subject);
  expect(subjectIn(requestURI, requestHash)).toEqual(subject);
  expect(subjectIn(requestURI, taskId)).toBeUndefined();
  expect(subjectIn('https://agent.example/work.json', requestHash)).toBeUndefined();
  expect(subjectIn('data:application/octet-stream;base64,AAAA', requestHash)).toBeUndefined();
});

it('answers an open request with the verdict of the certified report, proven against the hub', {
  timeout: slow,
}, async () => {
  const { client, agent, answering } = clients();
  const { requestURI, requestHash } = requestOf(subject);
  expect(await openRequests(client, registry, validator, 0n)).toEqual([]);
  const asked = await agent.writeContract({
    address: registry,
    abi: validationRegistryAbi,
    functionName: 'validationRequest',
    args: [validator, subject.agentId, requestURI, requestHash],
  });
  await client.waitForTransactionReceipt({ hash: asked });
  const open = await openRequests(client, registry, validator, 0n);
  expect(open).toEqual([subject]);

  const { fields, certificate } = chain.certified(batch());
  await expect(answerRequest(client, answering, validator, subject, proven(fields.sequence))).rejects.toThrow(
    'ReportNotInBatch',
  );
  const posting = chain.connect(chain.server.url, anvilAccountKey(22));
  expect((await posting.post(fields, certificate)).status).toBe('posted');
  await answerRequest(client, answering, validator, subject, proven(fields.sequence));

  const [by, agentId, response, responseHash, tag] = await status(requestHash);
  expect({ by, agentId, response, tag }).toEqual({ by: validator, agentId: 1n, response: 100, tag: 'assay' });
  expect(responseHash).toBe(reportLeaf(report()));
  expect(await openRequests(client, registry, validator, 0n)).toEqual([]);
});

/** The agent's answer was accepted: verdict 1, a checksum score of 10,000, no other scores. */
const report = () => ({
  taskId,
  policyDigest,
  results: `${minerWord(agentAccount.address.toLowerCase())}012710ffffffff` as Hex,
});
const batch = () => buildBatch([reportLeaf(report()), reportLeaf({ ...report(), taskId: policyDigest })]);

/** The agent's report under this sequence. */
function proven(sequence: number): ProvenReport {
  return { epoch: chain.network.epoch, sequence, fields: report(), proof: batch().proofs[0] ?? [] };
}
