/**
 * Validation requests of ERC-8004 that name the contract AssayValidator: how an agent makes one, and how it is answered
 * with a certified report. By the draft of 2026-01-25 (github.com/ethereum/ERCs, commit 503591a6e).
 */
import type { ReportFields } from '@assay/protocol/batch/batch';
import {
  type Address,
  decodeAbiParameters,
  encodeAbiParameters,
  fromHex,
  type Hex,
  keccak256,
  type PublicClient,
  parseAbi,
  toHex,
  type WalletClient,
} from 'viem';

const subjectParameters = [
  {
    type: 'tuple',
    components: [
      { name: 'chainId', type: 'uint256' },
      { name: 'hub', type: 'address' },
      { name: 'agentId', type: 'uint256' },
      { name: 'taskId', type: 'bytes32' },
      { name: 'policyDigest', type: 'bytes32' },
      { name: 'miner', type: 'address' },
    ],
  },
] as const;
const uriHead = 'data:application/octet-stream;base64,';

/** What an agent or a validator calls of the Validation Registry. */
export const validationRegistryAbi = parseAbi([
  'event ValidationRequest(address indexed validatorAddress, uint256 indexed agentId, string requestURI, bytes32 indexed requestHash)',
  'event ValidationResponse(address indexed validatorAddress, uint256 indexed agentId, bytes32 indexed requestHash, uint8 response, string responseURI, bytes32 responseHash, string tag)',
  'function validationRequest(address validatorAddress, uint256 agentId, string requestURI, bytes32 requestHash)',
  'function getValidationStatus(bytes32 requestHash) view returns (address validatorAddress, uint256 agentId, uint8 response, bytes32 responseHash, string tag, uint256 lastUpdate)',
]);

/** What is called of AssayValidator, with the errors that a caller may meet. */
export const assayValidatorAbi = parseAbi([
  'struct Subject { uint256 chainId; address hub; uint256 agentId; bytes32 taskId; bytes32 policyDigest; address miner; }',
  'struct Report { bytes32 taskId; bytes32 policyDigest; bytes results; }',
  'function answer(Subject subject, uint64 epoch, uint64 sequence, Report report, bytes32[] proof)',
  'error NotAsked(bytes32 requestHash)',
  'error OtherHub(uint256 chainId, address hub)',
  'error NotTheAgents(address miner)',
  'error NotTheReport(bytes32 taskId)',
  'error Undecided(bytes32 taskId)',
  'error ReportNotInBatch(uint64 epoch, uint64 sequence)',
  'error UnknownMiner(bytes32 miner)',
]);

/** What a request asks about; `AssayValidator.Subject` says what each part is. */
export interface Subject {
  readonly chainId: bigint;
  readonly hub: Address;
  readonly agentId: bigint;
  readonly taskId: Hex;
  readonly policyDigest: Hex;
  readonly miner: Address;
}

/** A report with the proof that it is in a batch; a certified report of the gateway has all of it. */
export interface ProvenReport {
  readonly epoch: number;
  readonly sequence: number;
  readonly fields: ReportFields;
  readonly proof: readonly Hex[];
}

/** A request as the registry takes it: the payload is in the URI itself, and the hash is that of the payload. */
export function requestOf(subject: Subject): { readonly requestURI: string; readonly requestHash: Hex } {
  const payload = encodeAbiParameters(subjectParameters, [subject]);
  const base64 = Buffer.from(fromHex(payload, 'bytes')).toString('base64');
  return { requestURI: `${uriHead}${base64}`, requestHash: keccak256(payload) };
}

/** What a request asks about; undefined where it is not one of {@link requestOf}, or the hash is not of its payload. */
export function subjectIn(requestURI: string, requestHash: Hex): Subject | undefined {
  if (!requestURI.startsWith(uriHead)) return undefined;
  try {
    const [subject] = decodeAbiParameters(
      subjectParameters,
      toHex(new Uint8Array(Buffer.from(requestURI.slice(uriHead.length), 'base64'))),
    );
    return requestOf(subject).requestHash === requestHash ? subject : undefined;
  } catch {
    return undefined;
  }
}

/** The requests to a validator since a block that have no answer yet, oldest first. */
export async function openRequests(
  client: PublicClient,
  registry: Address,
  validator: Address,
  fromBlock: bigint,
): Promise<readonly Subject[]> {
  const events = await client.getContractEvents({
    address: registry,
    abi: validationRegistryAbi,
    eventName: 'ValidationRequest',
    args: { validatorAddress: validator },
    fromBlock,
    strict: true,
  });
  const open: Subject[] = [];
  for (const { args } of events) {
    const subject = subjectIn(args.requestURI, args.requestHash);
    if (subject === undefined) continue;
    const status = await client.readContract({
      address: registry,
      abi: validationRegistryAbi,
      functionName: 'getValidationStatus',
      args: [args.requestHash],
    });
    const responseHash = status[3];
    // An answer of AssayValidator always has the hash of its report.
    if (/^0x0+$/.test(responseHash)) open.push(subject);
  }
  return open;
}

/**
 * Answers a request with the certified report of its task. Resolves with the hash of the mined transaction.
 * @throws when the contract refuses: viem's error names which of {@link assayValidatorAbi}'s errors it was
 */
export async function answerRequest(
  client: PublicClient,
  wallet: WalletClient,
  validator: Address,
  subject: Subject,
  { epoch, sequence, fields, proof }: ProvenReport,
): Promise<Hex> {
  const { request } = await client.simulateContract({
    address: validator,
    abi: assayValidatorAbi,
    functionName: 'answer',
    args: [subject, BigInt(epoch), BigInt(sequence), fields, [...proof]],
    account: wallet.account ?? null,
  });
  const hash = await wallet.writeContract(request);
  await client.waitForTransactionReceipt({ hash });
  return hash;
}
