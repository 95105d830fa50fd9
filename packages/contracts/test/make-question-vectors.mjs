// Writes test/vectors/question.json: a question, two answers to it, and every digest on the way to the id of its task.
// Computed here by viem and a canonical JSON of its own (RFC 8785, for values whose numbers are integers); TypeScript and
// the Solidity example must come to the same. With --check it writes nothing and fails when the file differs.
import { readFileSync, writeFileSync } from 'node:fs';
import { encodeAbiParameters, hashTypedData, keccak256, pad, parseAbiParameters, stringToHex, toHex } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';

const path = new URL('../../../test/vectors/question.json', import.meta.url);
const chainId = 31337;
const hub = '0x00000000000000000000000000000000000a55a1';
const account = (number) => privateKeyToAccount(pad(toHex(number)));
const sealer = account(900);

/** RFC 8785 for these values: names ascend, and strings and integers are as JSON.stringify writes them. */
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object') return JSON.stringify(value);
  const names = Object.keys(value).sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(',')}}`;
}
const digestOf = (label, value) => keccak256(stringToHex(`${label}\n${canonical(value)}`));

const domain = { name: 'Assay', version: '1', chainId, verifyingContract: hub };
const bytes32 = (name) => ({ name, type: 'bytes32' });
const text = (name) => ({ name, type: 'string' });
const types = {
  Answer: [bytes32('questionId'), text('outputCid'), text('commitment'), text('modelDigest')],
  Seal: [bytes32('questionId'), bytes32('submissionsDigest')],
  Receipt: [
    bytes32('questionId'),
    { name: 'miner', type: 'address' },
    bytes32('answerDigest'),
    { name: 'receivedAtMs', type: 'uint64' },
  ],
};
const typed = (primaryType, message) => ({ domain, types, primaryType, message });

const question = {
  version: 1,
  reference: 'capital “of” France\n',
  policy: 'standard',
  parameters: { model: 'm', seed: 7, temperatureMilli: 0 },
  prompt: { cid: 'bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e', bytes: 11 },
  question: { answersUntilMs: 1_800_000_000_123, answersMax: 5, sealer: sealer.address.toLowerCase() },
};
const questionId = digestOf('assay question v1', question);

const outputs = [
  {
    cid: 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku',
    bytes: 0,
    commitment: `sha256:${'0a'.repeat(32)}`,
  },
  { cid: question.prompt.cid, bytes: 11, modelDigest: `0x${'0b'.repeat(32)}` },
];
const answered = await Promise.all(
  outputs.map(async (output, index) => {
    const miner = account(2_001 + index);
    const { cid: outputCid, commitment = '', modelDigest = '' } = output;
    const message = typed('Answer', { questionId, outputCid, commitment, modelDigest });
    const signature = await miner.signTypedData(message);
    return { digest: hashTypedData(message), submission: { ...output, miner: miner.address.toLowerCase(), signature } };
  }),
);
answered.sort((a, b) => (a.submission.miner < b.submission.miner ? -1 : 1));
const submissions = answered.map(({ submission }) => submission);
const submissionsDigest = digestOf('assay submissions v1', submissions);
const taskId = keccak256(encodeAbiParameters(parseAbiParameters('bytes32, bytes32'), [questionId, submissionsDigest]));

const seal = typed('Seal', { questionId, submissionsDigest });
const receipt = {
  questionId,
  miner: submissions[0].miner,
  answerDigest: answered[0].digest,
  receivedAtMs: 1_800_000_000_000,
};
const made = {
  chainId,
  hub,
  question,
  questionId,
  submissions,
  answerDigests: answered.map(({ digest }) => digest),
  submissionsDigest,
  taskId,
  sealDigest: hashTypedData(seal),
  seal: await sealer.signTypedData(seal),
  receipt: {
    ...receipt,
    sealer: sealer.address.toLowerCase(),
    signature: await sealer.signTypedData(typed('Receipt', { ...receipt, receivedAtMs: BigInt(receipt.receivedAtMs) })),
  },
};

const content = `${JSON.stringify(made, null, 2)}\n`;
if (!process.argv.includes('--check')) {
  writeFileSync(path, content);
} else if (readFileSync(path, 'utf8') !== content) {
  console.error('test/vectors/question.json is not what test/make-question-vectors.mjs makes: run npm run vectors');
  process.exitCode = 1;
}
