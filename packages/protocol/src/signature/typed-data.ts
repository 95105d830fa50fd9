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
