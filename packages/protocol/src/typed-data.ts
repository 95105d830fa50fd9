/** EIP-712 digests of everything that is signed, bound to one chain and one hub. */
import { hashStruct } from 'viem/utils';
import { concatBytes, fromHex, type Hex, keccak256, toHex } from './bytes.ts';

/** The chain and the hub that a signature is for. */
export interface SigningDomain {
  readonly chainId: number;
  readonly hub: Hex;
}

/** What a signature is over: a digest, and the bytes whose Keccak-256 it is. */
export interface ToSign {
  readonly digest: Hex;
  readonly preimage: Hex;
}

type Primary = 'Observation' | 'Cosignature' | 'Submission';

const types: Readonly<Record<Primary | 'EIP712Domain', readonly { readonly name: string; readonly type: string }[]>> = {
  EIP712Domain: [
    { name: 'name', type: 'string' },
    { name: 'version', type: 'string' },
    { name: 'chainId', type: 'uint256' },
    { name: 'verifyingContract', type: 'address' },
  ],
  Observation: [
    { name: 'configDigest', type: 'bytes32' },
    { name: 'epoch', type: 'uint64' },
    { name: 'taskId', type: 'bytes32' },
    { name: 'role', type: 'uint8' },
    { name: 'methodDigest', type: 'bytes32' },
    { name: 'measurements', type: 'bytes' },
  ],
  Cosignature: [
    { name: 'configDigest', type: 'bytes32' },
    { name: 'epoch', type: 'uint64' },
    { name: 'sequence', type: 'uint64' },
    { name: 'root', type: 'bytes32' },
    { name: 'count', type: 'uint32' },
  ],
  Submission: [
    { name: 'reference', type: 'string' },
    { name: 'promptCid', type: 'string' },
    { name: 'outputCid', type: 'string' },
    { name: 'commitment', type: 'string' },
    { name: 'modelDigest', type: 'string' },
  ],
};

const prefix = new Uint8Array([0x19, 0x01]);

/** `0x1901`, the hash of the domain, the hash of the message (EIP-712), and their digest. */
function toSign({ chainId, hub }: SigningDomain, primaryType: Primary, data: Record<string, unknown>): ToSign {
  const domain = { name: 'Assay', version: '1', chainId: BigInt(chainId), verifyingContract: hub };
  const preimage = concatBytes(
    prefix,
    fromHex(hashStruct({ data: domain, primaryType: 'EIP712Domain', types })),
    fromHex(hashStruct({ data, primaryType, types })),
  );
  return { digest: keccak256(preimage), preimage: toHex(preimage) };
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

/** What the signature of an observation is over (EIP-712). */
export function observationToSign(domain: SigningDomain, fields: ObservationFields): ToSign {
  return toSign(domain, 'Observation', { ...fields, epoch: BigInt(fields.epoch) });
}

/** EIP-712 digest of an observation, 32 bytes. */
export function observationDigest(domain: SigningDomain, fields: ObservationFields): Hex {
  return observationToSign(domain, fields).digest;
}

/** Fields of a cosignature. */
export interface CosignatureFields {
  readonly configDigest: Hex;
  readonly epoch: number;
  readonly sequence: number;
  readonly root: Hex;
  readonly count: number;
}

/** What a cosignature is over (EIP-712). */
export function cosignatureToSign(domain: SigningDomain, fields: CosignatureFields): ToSign {
  return toSign(domain, 'Cosignature', {
    ...fields,
    epoch: BigInt(fields.epoch),
    sequence: BigInt(fields.sequence),
  });
}

/** EIP-712 digest of a cosignature, 32 bytes; `AssayHub.post` computes the same. */
export function cosignatureDigest(domain: SigningDomain, fields: CosignatureFields): Hex {
  return cosignatureToSign(domain, fields).digest;
}

/** Fields that a miner signs; `commitment` and `modelDigest` are the empty text where there is none. */
export interface SubmissionFields {
  readonly reference: string;
  readonly promptCid: string;
  readonly outputCid: string;
  readonly commitment: string;
  readonly modelDigest: string;
}

/** EIP-712 digest of a miner's submission, 32 bytes. */
export function submissionDigest(domain: SigningDomain, fields: SubmissionFields): Hex {
  return toSign(domain, 'Submission', { ...fields }).digest;
}
