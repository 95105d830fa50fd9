import { privateKeyToAccount } from 'viem/accounts';
import { encodeAbiParameters, hashTypedData } from 'viem/utils';
import { describe, expect, it } from 'vitest';
import { concatBytes, fromHex, type Hex, keccak256, toHex, utf8 } from '../encoding/bytes.ts';
import { exampleKey } from '../network/example-network.ts';
import { blsKeyDigest, joinDigest } from './operator-consent.ts';
import { recoverSigner } from './signature.ts';
import {
  answerToSign,
  cosignatureDigest,
  observationDigest,
  receiptToSign,
  sealToSign,
  submissionDigest,
} from './typed-data.ts';

const account = privateKeyToAccount(toHex(exampleKey(5)));
const domain = { chainId: 31_337, hub: `0x${'ab'.repeat(20)}` } as const;
const word = (byte: string): Hex => `0x${byte.repeat(32)}`;
const observation = {
  configDigest: word('01'),
  epoch: 3,
  taskId: word('02'),
  role: 2,
  methodDigest: word('03'),
  measurements: '0x271000000001',
} as const;
const cosignature = { configDigest: word('01'), epoch: 3, sequence: 9, root: word('04'), count: 2 } as const;
const answer = { questionId: word('05'), outputCid: 'o', commitment: 'c', modelDigest: 'm' } as const;
const seal = { questionId: word('05'), submissionsDigest: word('06') } as const;
const receipt = {
  questionId: word('05'),
  miner: `0x${'0a'.repeat(20)}`,
  answerDigest: word('07'),
  receivedAtMs: 1_700_000_000_123,
} as const;
const submission = { reference: 'r-1', promptCid: 'p', outputCid: 'o', commitment: '', modelDigest: '' };

/** EIP-712 by hand: keccak256(0x1901 ‖ domain separator ‖ struct hash). */
function eip712(type: string, kinds: string[], values: unknown[]): Hex {
  const hashOf = (types: string[], all: unknown[]) =>
    keccak256(
      fromHex(
        encodeAbiParameters(
          types.map((one) => ({ type: one })),
          all,
        ),
      ),
    );
  const text = (value: string) => keccak256(utf8(value));
  const separator = hashOf(
    ['bytes32', 'bytes32', 'bytes32', 'uint256', 'address'],
    [
      text('EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)'),
      text('Assay'),
      text('1'),
      31_337n,
      domain.hub,
    ],
  );
  return keccak256(
    concatBytes(
      Uint8Array.of(0x19, 0x01),
      fromHex(separator),
      fromHex(hashOf(['bytes32', ...kinds], [text(type), ...values])),
    ),
  );
}

describe('typed data', () => {
  it('equals EIP-712 computed by hand', () => {
    expect(observationDigest(domain, observation)).toBe(
      eip712(
        'Observation(bytes32 configDigest,uint64 epoch,bytes32 taskId,uint8 role,bytes32 methodDigest,bytes measurements)',
        ['bytes32', 'uint64', 'bytes32', 'uint8', 'bytes32', 'bytes32'],
        [word('01'), 3n, word('02'), 2, word('03'), keccak256(fromHex(observation.measurements))],
      ),
    );
    expect(cosignatureDigest(domain, cosignature)).toBe(
      eip712(
        'Cosignature(bytes32 configDigest,uint64 epoch,uint64 sequence,bytes32 root,uint32 count)',
        ['bytes32', 'uint64', 'uint64', 'bytes32', 'uint32'],
        [word('01'), 3n, 9n, word('04'), 2],
      ),
    );
    const texts = Object.values(submission).map((value) => keccak256(utf8(value)));
    expect(submissionDigest(domain, submission)).toBe(
      eip712(
        'Submission(string reference,string promptCid,string outputCid,string commitment,string modelDigest)',
        ['bytes32', 'bytes32', 'bytes32', 'bytes32', 'bytes32'],
        texts,
      ),
    );
  });

  it('of questions equals EIP-712 computed by hand', () => {
    const text = (value: string) => keccak256(utf8(value));
    expect(answerToSign(domain, answer).digest).toBe(
      eip712(
        'Answer(bytes32 questionId,string outputCid,string commitment,string modelDigest)',
        ['bytes32', 'bytes32', 'bytes32', 'bytes32'],
        [answer.questionId, text('o'), text('c'), text('m')],
      ),
    );
    expect(sealToSign(domain, seal).digest).toBe(
      eip712(
        'Seal(bytes32 questionId,bytes32 submissionsDigest)',
        ['bytes32', 'bytes32'],
        [seal.questionId, seal.submissionsDigest],
      ),
    );
    expect(receiptToSign(domain, receipt).digest).toBe(
      eip712(
        'Receipt(bytes32 questionId,address miner,bytes32 answerDigest,uint64 receivedAtMs)',
        ['bytes32', 'address', 'bytes32', 'uint64'],
        [receipt.questionId, receipt.miner, receipt.answerDigest, BigInt(receipt.receivedAtMs)],
      ),
    );
  });

  it('an operator’s consents equal what a wallet signs', () => {
    const [contract, operator, owner] = [1, 2, 3].map((byte) => `0x${`0${byte}`.repeat(20)}`) as [Hex, Hex, Hex];
    const wallet = { version: '1', chainId: 31_337, verifyingContract: contract };
    expect(joinDigest({ chainId: 31_337, contract }, operator, owner, 4)).toBe(
      hashTypedData({
        domain: { ...wallet, name: 'Assay registry' },
        types: {
          Join: [
            { name: 'operator', type: 'address' },
            { name: 'owner', type: 'address' },
            { name: 'joins', type: 'uint64' },
          ],
        },
        primaryType: 'Join',
        message: { operator, owner, joins: 4n },
      }),
    );
    expect(blsKeyDigest({ chainId: 31_337, contract }, operator, '0xc0ffee', 2)).toBe(
      hashTypedData({
        domain: { ...wallet, name: 'Assay BLS keys' },
        types: {
          BlsKey: [
            { name: 'operator', type: 'address' },
            { name: 'key', type: 'bytes' },
            { name: 'version', type: 'uint64' },
          ],
        },
        primaryType: 'BlsKey',
        message: { operator, key: '0xc0ffee', version: 2n },
      }),
    );
  });

  it('a wallet’s signTypedData recovers by our digest', async () => {
    const signature = await account.signTypedData({
      domain: { name: 'Assay', version: '1', chainId: 31_337, verifyingContract: domain.hub },
      types: {
        Submission: [
          { name: 'reference', type: 'string' },
          { name: 'promptCid', type: 'string' },
          { name: 'outputCid', type: 'string' },
          { name: 'commitment', type: 'string' },
          { name: 'modelDigest', type: 'string' },
        ],
      },
      primaryType: 'Submission',
      message: submission,
    });
    expect(recoverSigner(submissionDigest(domain, submission), signature)).toBe(account.address.toLowerCase());
  });

  it('changes with chain, hub and each field', () => {
    const domains = [domain, { ...domain, chainId: 1 }, { ...domain, hub: `0x${'cd'.repeat(20)}` as const }];
    const observations = [
      { ...observation, configDigest: word('aa') },
      { ...observation, epoch: 4 },
      { ...observation, taskId: word('aa') },
      { ...observation, role: 1 },
      { ...observation, methodDigest: word('aa') },
      { ...observation, measurements: '0x271000000000' as const },
    ];
    const cosignatures = [
      { ...cosignature, configDigest: word('aa') },
      { ...cosignature, epoch: 4 },
      { ...cosignature, sequence: 10 },
      { ...cosignature, root: word('aa') },
      { ...cosignature, count: 3 },
    ];
    const submissions = Object.keys(submission).map((name) => ({ ...submission, [name]: 'other' }));
    const digests = [
      ...domains.flatMap((one) => [
        observationDigest(one, observation),
        cosignatureDigest(one, cosignature),
        submissionDigest(one, submission),
      ]),
      ...observations.map((one) => observationDigest(domain, one)),
      ...cosignatures.map((one) => cosignatureDigest(domain, one)),
      ...submissions.map((one) => submissionDigest(domain, one)),
    ];
    expect(new Set(digests).size).toBe(9 + 6 + 5 + 5);
  });
});
