import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { contractsFolder } from './forge.ts';
import { assayHubAbi } from './generated/assay-hub.ts';

/** What the hub has and contracts that read verdicts do not need. */
const left = [
  'constructor',
  'function COSIGNATURE_TYPEHASH',
  'function OBSERVATION_TYPEHASH',
  'function REPORT_TYPEHASH',
  'function cosignatureDigest',
  'function eip712Domain',
  'function epochStarted',
  'function highestSequence',
  'function observationDigest',
  'function registry',
  'function verifier',
  'event EIP712DomainChanged',
  'error InvalidAggregate',
  'error InvalidShortString',
  'error InvalidSignature',
  'error MalformedCertificate',
  'error NonSignersNotAscending',
  'error NotTheRegistry',
  'error QuorumNotReached',
  'error StringTooLong',
  'error UnknownNonSigner',
  'error UnknownSigner',
];

/** An entry in one order, without the names of Solidity types, which say in which file a struct is. */
function plain(entry: unknown): string {
  return JSON.stringify(entry, (key, value) => {
    if (key === 'internalType') return undefined;
    const isRecord = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isRecord ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))) : value;
  });
}

const solc = createRequire(import.meta.url)('solc') as { compile(input: string): string };

const nameOf = (entry: { readonly type: string; readonly name?: string }) =>
  entry.name === undefined ? entry.type : `${entry.type} ${entry.name}`;

function interfaceAbi(): readonly { readonly type: string; readonly name?: string }[] {
  const content = readFileSync(join(contractsFolder, '../hub-interface/solidity/IAssayHub.sol'), 'utf8');
  const input = {
    language: 'Solidity',
    sources: { 'IAssayHub.sol': { content } },
    settings: { outputSelection: { '*': { IAssayHub: ['abi'] } } },
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input)));
  expect(output.errors ?? []).toEqual([]);
  return output.contracts['IAssayHub.sol'].IAssayHub.abi;
}

describe('IAssayHub', () => {
  it('has nothing that the hub does not have just so', () => {
    const hub = new Set(assayHubAbi.map(plain));
    expect(
      interfaceAbi()
        .filter((entry) => !hub.has(plain(entry)))
        .map(nameOf),
    ).toEqual([]);
  });

  it('lacks of the hub only what is no concern of those who read verdicts', () => {
    const has = new Set(interfaceAbi().map(plain));
    const lacking = assayHubAbi.filter((entry) => !has.has(plain(entry))).map(nameOf);
    expect(lacking.toSorted()).toEqual(left.toSorted());
  });
});
