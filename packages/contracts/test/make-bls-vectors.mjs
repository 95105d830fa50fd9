// Writes test/vectors/bls.json: keys, proofs of possession and two BLS certificates, with every digest on the way; and
// test/vectors/equivocation.json: evidence of an equivocation. Computed here by viem and @noble/curves; TypeScript and
// Solidity must come to the same. With --check it writes nothing and fails when a file differs.
import { readFileSync, writeFileSync } from 'node:fs';
import { bls12_381 } from '@noble/curves/bls12-381.js';
import {
  concat,
  encodeAbiParameters,
  encodePacked,
  hashTypedData,
  keccak256,
  pad,
  parseAbiParameters,
  stringToHex,
  toBytes,
  toHex,
} from 'viem';
import { privateKeyToAccount } from 'viem/accounts';

const { G1, G2 } = bls12_381;
const chainId = 31337;
const keyRegistry = '0x00000000000000000000000000000000000b15a1';
const domains = {
  signature: 'BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_POP_',
  possession: 'BLS_POP_BLS12381G1_XMD:SHA-256_SSWU_RO_POP_',
};

/** A signature: x, y, 48 bytes each. */
function packed(point) {
  const { x, y } = point.toAffine();
  return concat([x, y].map((value) => toHex(value, { size: 48 })));
}

/** A key: x.c0, x.c1, y.c0, y.c1, 48 bytes each. */
function packedKey(secret) {
  const { x, y } = G2.Point.BASE.multiply(BigInt(secret)).toAffine();
  return concat([x.c0, x.c1, y.c0, y.c1].map((value) => toHex(value, { size: 48 })));
}

function sign(digest, secret, domain) {
  const hashed = G1.hashToCurve(toBytes(digest), { DST: domain });
  return hashed.multiply(BigInt(secret));
}

function member(number) {
  const account = privateKeyToAccount(pad(toHex(number)));
  const secret = keccak256(stringToHex(`BLS key ${number} of the vector`));
  const reduced = toHex(BigInt(secret) >> 2n, { size: 32 });
  const key = packedKey(reduced);
  const keyDigest = hashTypedData({
    domain: { name: 'Assay BLS keys', version: '1', chainId, verifyingContract: keyRegistry },
    primaryType: 'BlsKey',
    types: {
      BlsKey: [
        { name: 'operator', type: 'address' },
        { name: 'key', type: 'bytes' },
        { name: 'version', type: 'uint64' },
      ],
    },
    message: { operator: account.address, key, version: 1n },
  });
  const possession = packed(sign(keyDigest, reduced, domains.possession));
  return { operator: account.address, privateKey: pad(toHex(number)), secretKey: reduced, key, keyDigest, possession };
}

const members = [1, 2, 3, 4].map(member).sort((a, b) => (a.operator.toLowerCase() < b.operator.toLowerCase() ? -1 : 1));
const digest = keccak256(stringToHex('cosignature digest of the vector'));

/** The certificate of all members but those at some places. */
function certificate(nonSigners) {
  const signers = members.filter((_, index) => !nonSigners.includes(index));
  const sum = signers
    .map(({ secretKey }) => sign(digest, secretKey, domains.signature))
    .reduce((one, other) => one.add(other));
  return concat([packed(sum), ...nonSigners.map((index) => toHex(index, { size: 1 }))]);
}

const bls = {
  chainId,
  keyRegistry,
  domains,
  members,
  digest,
  certificateOfAll: certificate([]),
  nonSigner: 1,
  certificateWithoutOne: certificate([1]),
};

/** Evidence by the first member: another score and another flag for the second of two submissions. */
function equivocation() {
  const hub = '0x00000000000000000000000000000000000a55a1';
  const fields = {
    configDigest: keccak256(stringToHex('config of the vector')),
    epoch: 7n,
    taskId: keccak256(stringToHex('task of the vector')),
    role: 1,
    methodDigest: keccak256(stringToHex('method of the vector')),
  };
  const measurements = [
    encodePacked(['uint16', 'uint32', 'uint16', 'uint32'], [9_000, 0, 8_000, 8]),
    encodePacked(['uint16', 'uint32', 'uint16', 'uint32'], [9_000, 0, 7_000, 0]),
  ];
  // Tolerance 50, accepts from 6,000; flags: bit 0 no content, bits 1 and 3 reject, bit 2 abstains.
  const rule = encodePacked(['uint16', 'uint16', 'uint32', 'uint32', 'uint32'], [50, 6_000, 1, 10, 4]);
  const documentsDigest = keccak256(stringToHex('policies of the vector'));
  const sibling = keccak256(stringToHex('sibling of the vector'));
  const leaf = keccak256(
    keccak256(encodeAbiParameters(parseAbiParameters('bytes32, bytes16'), [fields.methodDigest, rule])),
  );
  const root = keccak256(concat(leaf < sibling ? [leaf, sibling] : [sibling, leaf]));
  const policiesDigest = keccak256(
    encodeAbiParameters(parseAbiParameters('bytes32, bytes32, bytes32'), [
      keccak256(stringToHex('Assay policies v3')),
      documentsDigest,
      root,
    ]),
  );
  const evidence = encodePacked(
    [
      'uint64',
      'bytes32',
      'uint8',
      'bytes32',
      'bytes32',
      'bytes16',
      'bytes',
      'bytes',
      'uint8',
      'bytes',
      'bytes',
      'bytes32',
    ],
    [
      fields.epoch,
      fields.taskId,
      fields.role,
      fields.methodDigest,
      documentsDigest,
      rule,
      pad('0x01', { size: 65 }),
      pad('0x02', { size: 65 }),
      2,
      ...measurements,
      sibling,
    ],
  );
  const observationDigests = measurements.map((packedMeasurements) =>
    hashTypedData({
      domain: { name: 'Assay', version: '1', chainId, verifyingContract: hub },
      primaryType: 'Observation',
      types: {
        Observation: [
          { name: 'configDigest', type: 'bytes32' },
          { name: 'epoch', type: 'uint64' },
          { name: 'taskId', type: 'bytes32' },
          { name: 'role', type: 'uint8' },
          { name: 'methodDigest', type: 'bytes32' },
          { name: 'measurements', type: 'bytes' },
        ],
      },
      message: { ...fields, measurements: packedMeasurements },
    }),
  );
  return {
    chainId,
    hub,
    ...fields,
    epoch: Number(fields.epoch),
    documentsDigest,
    rule,
    sibling,
    root,
    policiesDigest,
    measurements,
    observationDigests,
    evidence,
  };
}

for (const [name, value] of Object.entries({ bls, equivocation: equivocation() })) {
  const path = new URL(`../../../test/vectors/${name}.json`, import.meta.url);
  const text = `${JSON.stringify(value, null, 2)}\n`;
  if (!process.argv.includes('--check')) {
    writeFileSync(path, text);
  } else if (readFileSync(path, 'utf8') !== text) {
    console.error(`test/vectors/${name}.json is not what test/make-bls-vectors.mjs makes`);
    process.exitCode = 1;
  }
}
