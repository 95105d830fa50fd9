// Writes test/vectors/certificate.json: one epoch, one batch of three reports and certificates for it, good ones and
// refused ones, with every digest on the way. Computed here by viem and @openzeppelin/merkle-tree; the Solidity tests must come to the same.
// With --check it writes nothing and fails when the file differs.
import { readFileSync, writeFileSync } from 'node:fs';
import { SimpleMerkleTree } from '@openzeppelin/merkle-tree';
import {
  concat,
  domainSeparator,
  encodeAbiParameters,
  encodeErrorResult,
  encodePacked,
  hashTypedData,
  keccak256,
  pad,
  parseAbi,
  parseAbiParameters,
  parseSignature,
  serializeCompactSignature,
  signatureToCompactSignature,
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

const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const compact = signatures.map((signature) =>
  serializeCompactSignature(signatureToCompactSignature(parseSignature(signature))),
);

/** A certificate: the signers' bits, 16 bytes, and signatures as they stand. */
function certificateOf(bits, ...parts) {
  return concat([toHex(bits, { size: 16 }), ...parts]);
}

/** The other signature that recovers to the same signer: s above half of the order, the other parity. */
function malleableTwin(signature) {
  const { r, yParityAndS } = { r: signature.slice(0, 66), yParityAndS: BigInt(`0x${signature.slice(66)}`) };
  const parity = yParityAndS >> 255n;
  const s = order - (yParityAndS & ((1n << 255n) - 1n));
  return [
    concat([r, toHex(s, { size: 32 })]),
    concat([r, toHex((s & ((1n << 255n) - 1n)) | ((parity ^ 1n) << 255n), { size: 32 })]),
  ];
}

const errors = parseAbi([
  'error MalformedCertificate(uint256 length)',
  'error InvalidSignature(uint256 index)',
  'error UnknownSigner(uint256 member)',
  'error QuorumNotReached(uint256 signedWeight, uint256 totalWeight)',
]);
const [first, second, third, fourth] = compact;
const whole = certificateOf(15, ...compact);
const unit = 10n ** 18n;
const flippedParity = concat([first.slice(0, 66), toHex(BigInt(`0x${first.slice(66)}`) ^ (1n << 255n), { size: 32 })]);

/** Certificates that are wrong in one way each, and the error that the verifier reverts with. */
const refused = [
  ['empty', '0x', 'MalformedCertificate', [0n]],
  ['shorter than the bits', toHex(0, { size: 15 }), 'MalformedCertificate', [15n]],
  ['bits alone', certificateOf(15), 'MalformedCertificate', [16n]],
  ['nobody', certificateOf(0), 'QuorumNotReached', [0n, 10n * unit]],
  ['a byte too many', concat([whole, '0x00']), 'MalformedCertificate', [273n]],
  ['a byte too few', whole.slice(0, -2), 'MalformedCertificate', [271n]],
  ['a signature without a bit', certificateOf(7, ...compact), 'MalformedCertificate', [272n]],
  ['a bit without a signature', certificateOf(15, first, second, third), 'MalformedCertificate', [208n]],
  ['a bit beyond the members', certificateOf(31, ...compact, fourth), 'UnknownSigner', [4n]],
  ['the highest bit', certificateOf(1n << 127n, first), 'UnknownSigner', [127n]],
  ['signatures in another order', certificateOf(15, second, first, third, fourth), 'InvalidSignature', [0n]],
  ['one member twice', certificateOf(15, first, first, third, fourth), 'InvalidSignature', [1n]],
  ['a high s', certificateOf(15, malleableTwin(first)[0], second, third, fourth), 'InvalidSignature', [0n]],
  [
    'a high s with its parity',
    certificateOf(15, malleableTwin(first)[1], second, third, fourth),
    'InvalidSignature',
    [0n],
  ],
  ['the other parity', certificateOf(5, flippedParity, third), 'InvalidSignature', [0n]],
  ['zero where a signature should be', certificateOf(5, first, toHex(0, { size: 64 })), 'InvalidSignature', [1n]],
  ['too little weight', certificateOf(14, second, third, fourth), 'QuorumNotReached', [6n * unit, 10n * unit]],
].map(([name, certificate, errorName, args]) => ({
  name,
  certificate,
  error: errorName,
  reason: encodeErrorResult({ abi: errors, errorName, args }),
}));

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
  certificate: whole,
  certificateOfFewest: certificateOf(5, first, third),
  refused,
  reports: reports.map((entry, index) => ({ ...entry, proof: tree.getProof(index) })),
};
const text = `${JSON.stringify(vector, null, 2)}\n`;

if (!process.argv.includes('--check')) {
  writeFileSync(path, text);
} else if (readFileSync(path, 'utf8') !== text) {
  console.error('test/vectors/certificate.json is not what test/make-vectors.mjs makes');
  process.exitCode = 1;
}
