/** EIP-712 digests of everything that is signed, bound to one chain and one hub. */
import { fromHex, type Hex, keccak256 } from '../encoding/bytes.ts';
import { hashOfText, structToSign, type ToSign, word } from './eip712.ts';

/** The chain and the hub that a signature is for. */
export interface SigningDomain {
  readonly chainId: number;
  readonly hub: Hex;
}

const observationType = hashOfText(
  'Observation(bytes32 configDigest,uint64 epoch,bytes32 taskId,uint8 role,bytes32 methodDigest,bytes measurements)',
);
const cosignatureType = hashOfText(
  'Cosignature(bytes32 configDigest,uint64 epoch,uint64 sequence,bytes32 root,uint32 count)',
);
const pledgeType = hashOfText('Pledge(bytes32 configDigest,uint64 epoch,bytes32 taskId,uint8 role,bytes32 pledge)');
const submissionType = hashOfText(
  'Submission(string reference,string promptCid,string outputCid,string commitment,string modelDigest)',
);
const answerType = hashOfText('Answer(bytes32 questionId,string outputCid,string commitment,string modelDigest)');
const evidenceType = hashOfText('Evidence(bytes32 observation,bytes32 items)');
const sealType = hashOfText('Seal(bytes32 questionId,bytes32 submissionsDigest)');
const receiptType = hashOfText('Receipt(bytes32 questionId,address miner,bytes32 answerDigest,uint64 receivedAtMs)');

/** The message of a struct for the hub, whose domain is named "Assay". */
function toSign({ chainId, hub }: SigningDomain, struct: readonly Hex[]): ToSign {
  return structToSign({ name: 'Assay', chainId, contract: hub }, struct);
}

/** Fields of an observation that are signed; `role` is the role's index, `measurements` packed. */
export interface ObservationFields {
  readonly configDigest: Hex;
  readonly epoch: number;
  readonly taskId: Hex;
  readonly role: number;
  readonly methodDigest: Hex;
  readonly measurements: Hex;
}

/** The EIP-712 message of an observation. */
export function observationToSign(domain: SigningDomain, fields: ObservationFields): ToSign {
  const { configDigest, epoch, taskId, role, methodDigest, measurements } = fields;
  return toSign(domain, [
    observationType,
    configDigest,
    word(epoch),
    taskId,
    word(role),
    methodDigest,
    keccak256(fromHex(measurements)),
  ]);
}

/** EIP-712 digest of an observation, 32 bytes. */
export function observationDigest(domain: SigningDomain, fields: ObservationFields): Hex {
  return observationToSign(domain, fields).digest;
}

/** Fields of a pledge; `role` is the role's index. */
export interface PledgeFields {
  readonly configDigest: Hex;
  readonly epoch: number;
  readonly taskId: Hex;
  readonly role: number;
  readonly pledge: Hex;
}

/** What a pledge is signed over (EIP-712). */
export function pledgeToSign(domain: SigningDomain, fields: PledgeFields): ToSign {
  const { configDigest, epoch, taskId, role, pledge } = fields;
  return toSign(domain, [pledgeType, configDigest, word(epoch), taskId, word(role), pledge]);
}

/** Fields of a cosignature. */
export interface CosignatureFields {
  readonly configDigest: Hex;
  readonly epoch: number;
  readonly sequence: number;
  readonly root: Hex;
  readonly count: number;
}

/** The EIP-712 message of a cosignature. */
export function cosignatureToSign(domain: SigningDomain, fields: CosignatureFields): ToSign {
  const { configDigest, epoch, sequence, root, count } = fields;
  return toSign(domain, [cosignatureType, configDigest, word(epoch), word(sequence), root, word(count)]);
}

/** EIP-712 digest of a cosignature, 32 bytes; `AssayHub.post` computes the same. */
export function cosignatureDigest(domain: SigningDomain, fields: CosignatureFields): Hex {
  return cosignatureToSign(domain, fields).digest;
}

/** Fields that a miner signs; `commitment` and `modelDigest` are the empty string if absent. */
export interface SubmissionFields {
  readonly reference: string;
  readonly promptCid: string;
  readonly outputCid: string;
  readonly commitment: string;
  readonly modelDigest: string;
}

/** EIP-712 digest of a miner's submission, 32 bytes. */
export function submissionDigest(domain: SigningDomain, fields: SubmissionFields): Hex {
  const { reference, promptCid, outputCid, commitment, modelDigest } = fields;
  const texts = [reference, promptCid, outputCid, commitment, modelDigest];
  return toSign(domain, [submissionType, ...texts.map(hashOfText)]).digest;
}

/** Fields that a miner signs to answer a question; `commitment` and `modelDigest` are the empty string if absent. */
export interface AnswerFields {
  readonly questionId: Hex;
  readonly outputCid: string;
  readonly commitment: string;
  readonly modelDigest: string;
}

/** The EIP-712 message of a miner's answer. The question's id binds prompt, policy and terms. */
export function answerToSign(domain: SigningDomain, fields: AnswerFields): ToSign {
  const { questionId, outputCid, commitment, modelDigest } = fields;
  return toSign(domain, [answerType, questionId, ...[outputCid, commitment, modelDigest].map(hashOfText)]);
}

/** Fields of an operator's evidence: both are digests. */
export interface EvidenceFields {
  readonly observation: Hex;
  readonly items: Hex;
}

/** The EIP-712 message of an operator's evidence. No contract knows it. */
export function evidenceToSign(domain: SigningDomain, { observation, items }: EvidenceFields): ToSign {
  return toSign(domain, [evidenceType, observation, items]);
}

/** Fields of a seal. */
export interface SealFields {
  readonly questionId: Hex;
  readonly submissionsDigest: Hex;
}

/** The EIP-712 message by which a sealer closes a question with a set of answers. */
export function sealToSign(domain: SigningDomain, { questionId, submissionsDigest }: SealFields): ToSign {
  return toSign(domain, [sealType, questionId, submissionsDigest]);
}

/** Fields of a receipt: `answerDigest` is what the miner signed. */
export interface ReceiptFields {
  readonly questionId: Hex;
  readonly miner: Hex;
  readonly answerDigest: Hex;
  readonly receivedAtMs: number;
}

/** The EIP-712 message by which a sealer confirms an answer and its time. */
export function receiptToSign(domain: SigningDomain, fields: ReceiptFields): ToSign {
  const { questionId, miner, answerDigest, receivedAtMs } = fields;
  return toSign(domain, [receiptType, questionId, word(miner), answerDigest, word(receivedAtMs)]);
}
