// Writes test/vectors/certificate.json: one epoch, one batch of three reports and a certificate for it, with every
// digest on the way. Computed here by viem and @openzeppelin/merkle-tree; the Solidity tests must come to the same.
// With --check it writes nothing and fails when the file differs.
import { readFileSync, writeFileSync } from 'node:fs';
import { SimpleMerkleTree } from '@openzeppelin/merkle-tree';
import {
  concat,
  domainSeparator,
  encodeAbiParameters,
  encodePacked,
  hashTypedData,
  keccak256,
  pad,
  parseAbiParameters,
  size,
  stringToHex,
  toHex,
} from 'viem';
import { privateKeyToAccount } from 'viem/accounts';

const path = new URL('../../../test/vectors/certificate.json', import.meta.url);
const noScore = 0xffff;

const chainId = 31337;
const hub = '0x00000000000000000000000000000000000a55a1';
const epoch = 1n;
const sequence = 7n;
const policiesDigest = keccak256(stringToHex('policies of the vector'));

const operators = [1, 2, 3, 4]
  .map((number) => ({ privateKey: pad(toHex(number)), weight: BigInt(number) * 10n ** 18n }))
  .map((operator) => ({ ...operator, account: privateKeyToAccount(operator.privateKey) }))
  .sort((a, b) => (a.account.address.toLowerCase() < b.account.address.toLowerCase() ? -1 : 1));

const setDigest = keccak256(
  encodeAbiParameters(
    [
      {
        type: 'tuple[]',
        components: [
          { name: 'operator', type: 'address' },
          { name: 'weight', type: 'uint96' },
        ],
      },
    ],
    [operators.map(({ account, weight }) => ({ operator: account.address, weight }))],
  ),
);

const configDigest = keccak256(
  encodeAbiParameters(parseAbiParameters('bytes32, uint256, address, bytes32, uint256, uint256, bytes32'), [
    keccak256(stringToHex('Assay config v1')),
    BigInt(chainId),
    hub,
    setDigest,
    2n,
    3n,
    policiesDigest,
  ]),
);

/** Packs one result: miner, verdict and the three scores. */
function result(miner, verdict, checksumScore, embeddingScore, semanticScore) {
  return encodePacked(
    ['bytes32', 'uint8', 'uint16', 'uint16', 'uint16'],
    [pad(toHex(miner)), verdict, checksumScore, embeddingScore, semanticScore],
  );
}

/** A report with the digests that lead to its leaf. */
function report(name, results) {
  const taskId = keccak256(stringToHex(`task ${name}`));
  const policyDigest = keccak256(stringToHex('policy of the vector'));
  const packed = concat(results);
  const structHash = keccak256(
    encodeAbiParameters(parseAbiParameters('bytes32, bytes32, bytes32, bytes32'), [
      keccak256(stringToHex('Report(bytes32 taskId,bytes32 policyDigest,bytes results)')),
      taskId,
      policyDigest,
      keccak256(packed),
    ]),
  );
  return { taskId, policyDigest, results: packed, structHash, leaf: keccak256(structHash) };
}

const reports = [
  report('a', [result(1, 1, 10_000, 9_876, 9_100), result(2, 2, 0, 1_234, noScore)]),
  report('b', [result(3, 0, noScore, noScore, noScore)]),
  report('c', [result(1, 1, 10_000, 8_000, 7_500), result(2, 1, 10_000, 8_100, 7_600), result(3, 2, 10_000, 12, 34)]),
];
const tree = SimpleMerkleTree.of(reports.map(({ leaf }) => leaf));

const domain = { name: 'Assay', version: '1', chainId, verifyingContract: hub };
const cosignature = { configDigest, epoch, sequence, root: tree.root, count: reports.length };
const typedData = {
  domain,
  primaryType: 'Cosignature',
  types: {
    Cosignature: [
      { name: 'configDigest', type: 'bytes32' },
      { name: 'epoch', type: 'uint64' },
      { name: 'sequence', type: 'uint64' },
      { name: 'root', type: 'bytes32' },
      { name: 'count', type: 'uint32' },
    ],
  },
  message: cosignature,
};
const signatures = await Promise.all(operators.map(({ account }) => account.signTypedData(typedData)));
if (signatures.some((signature) => size(signature) !== 65)) throw new Error('a signature is not 65 bytes long');

const vector = {
  chainId,
  hub,
  epoch: Number(epoch),
  sequence: Number(sequence),
  policiesDigest,
  privateKeys: operators.map(({ privateKey }) => privateKey),
  operators: operators.map(({ account }) => account.address),
  weights: operators.map(({ weight }) => weight.toString()),
  setDigest,
  configDigest,
  domainSeparator: domainSeparator({ domain }),
  root: tree.root,
  count: reports.length,
  cosignatureDigest: hashTypedData(typedData),
  signatures,
  certificate: concat(signatures),
  reports: reports.map((entry, index) => ({ ...entry, proof: tree.getProof(index) })),
};
const text = `${JSON.stringify(vector, null, 2)}\n`;

if (!process.argv.includes('--check')) {
  writeFileSync(path, text);
} else if (readFileSync(path, 'utf8') !== text) {
  console.error('test/vectors/certificate.json is not what test/make-vectors.mjs makes');
  process.exitCode = 1;
}
