/** A Foundry project in a folder of its own: the contracts, changed or not, and their properties. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const contracts = join(root, 'packages/contracts');
/** A change of one place in a file of packages/contracts/solidity. */
export interface SourceEdit {
  readonly file: string;
  /** The text that is replaced; it must be there once. */
  readonly from: string;
  readonly to: string;
}

/**
 * Halmos 0.3.3 stops at SHA-256 and MODEXP because its models of them do not fit their arguments. The contracts call
 * models at these places instead (packages/contracts/test/formal/Bls.sol).
 */
export const modelEdits: readonly SourceEdit[] = [
  {
    file: 'HashToG1.sol',
    from: 'done := staticcall(gas(), 2, hashed, 143',
    to: 'done := staticcall(gas(), 0x0202, hashed, 143',
  },
  {
    file: 'HashToG1.sol',
    from: 'and(staticcall(gas(), 2, hashed, 77, base, ',
    to: 'and(staticcall(gas(), 0x0202, hashed, 77, base, ',
  },
  {
    file: 'HashToG1.sol',
    from: 'and(staticcall(gas(), 2, hashed, 77, base2, ',
    to: 'and(staticcall(gas(), 0x0202, hashed, 77, base2, ',
  },
  { file: 'HashToG1.sol', from: 'and(staticcall(gas(), 5, modexp', to: 'and(staticcall(gas(), 0x0205, modexp' },
];

/** The text of a contract of packages/contracts/solidity. */
export function readContract(file: string): string {
  return readFileSync(join(contracts, 'solidity', file), 'utf8');
}

/**
 * A text with one place changed.
 * @throws when the place is not there, or more than once: the edit has to follow the contracts
 */
export function edited(text: string, { file, from, to }: SourceEdit): string {
  const places = text.split(from).length - 1;
  if (places !== 1) throw new Error(`${file}: \`${from}\` is there ${places} times; it must be there once`);
  return text.replace(from, () => to);
}

/**
 * Makes the project of the contracts with these edits, and of the files that have these checks. Returns its folder;
 * whoever calls removes it.
 */
export function makeProject(edits: readonly SourceEdit[], checks: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'assay-formal-'));
  cpSync(join(contracts, 'solidity'), join(folder, 'solidity'), { recursive: true });
  mkdirSync(join(folder, 'test'));
  cpSync(join(contracts, 'test/formal'), join(folder, 'test/formal'), {
    recursive: true,
    filter: (path) => !path.endsWith('.sol') || isNeeded(readFileSync(path, 'utf8'), checks),
  });
  cpSync(join(contracts, 'test/Vm.sol'), join(folder, 'test/Vm.sol'));
  for (const edit of [...modelEdits, ...edits]) {
    const path = join(folder, 'solidity', edit.file);
    writeFileSync(path, edited(readFileSync(path, 'utf8'), edit));
  }
  // Only what the properties import is compiled. A mutant may leave a variable unused.
  const config = foundryConfig()
    .replace('src = "solidity"', 'src = "test/formal"')
    .replace('test = "test"', 'test = "test/formal"')
    .replace('deny = "warnings"', 'deny = "never"');
  writeFileSync(join(folder, 'foundry.toml'), config);
  return folder;
}

/** The examples that are contracts. */
export const exampleContracts = [
  'payment-on-verdict/AcceptedWorkPayment.sol',
  'erc-8004/AssayValidator.sol',
  'erc-8004/IValidationRegistry.sol',
  'consumer/contracts/AcceptedAnswers.sol',
] as const;

/** Makes a project of the contracts and examples without tests. Returns its folder; whoever calls removes it. */
export function makePlainProject(): string {
  const folder = mkdtempSync(join(tmpdir(), 'assay-contracts-'));
  cpSync(join(contracts, 'solidity'), join(folder, 'solidity'), { recursive: true });
  for (const path of exampleContracts)
    cpSync(join(root, 'examples', path), join(folder, 'solidity/examples', basename(path)));
  writeFileSync(join(folder, 'foundry.toml'), foundryConfig());
  return folder;
}

/** Whether a file has one of the checks, or has none at all and is there for others. */
function isNeeded(text: string, checks: readonly string[]): boolean {
  return !text.includes('function check_') || checks.some((check) => text.includes(`function ${check}(`));
}

/** The compiler's settings of packages/contracts, so that what is proven is what is deployed. */
function foundryConfig(): string {
  const remappings = [
    `@openzeppelin/contracts/=${join(root, 'node_modules/@openzeppelin/contracts/')}`,
    `@assay/hub-interface/=${join(root, 'packages/hub-interface/')}`,
    // An example imports the contracts as a package.
    '@assay/contracts/solidity/=solidity/',
  ];
  return readFileSync(join(contracts, 'foundry.toml'), 'utf8')
    .replace('solc = "./solc.mjs"', `solc = ${JSON.stringify(join(contracts, 'solc.mjs'))}`)
    .replace(
      'libs = ["../../node_modules"]',
      `libs = []\nremappings = ${JSON.stringify(remappings)}\nallow_paths = [${JSON.stringify(root)}]`,
    );
}
