import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const folder = dirname(dirname(fileURLToPath(import.meta.url)));

/** Where the generated files are. */
export const generatedFolder: string = join(folder, 'src', 'generated');

/** The file that says what the others were generated from; it is not part of what it describes. */
export const stampName = 'stamp.ts';

/** Digest of everything that decides about ABIs and bytecode: sources, settings, compiler, OpenZeppelin, generator. */
export function sourcesDigest(): string {
  const folders = [join(folder, 'solidity'), join(dirname(folder), 'hub-interface', 'solidity')];
  const parts = [
    ...['solc', '@openzeppelin/contracts'].map((name) => `${name} ${versionOf(name)}`),
    ...['foundry.toml', 'build.mjs'].map((name) => textOf(join(folder, name))),
    ...folders.flatMap((one) => namesIn(one, '.sol').map((name) => `${name}\n${textOf(join(one, name))}`)),
  ];
  return digestOf(parts);
}

/** Digest of the generated files as they lie on disk; a file edited, added or missing changes it. */
export function generatedDigest(): string {
  const names = namesIn(generatedFolder, '.ts').filter((name) => name !== stampName);
  return digestOf(names.map((name) => `${name}\n${textOf(join(generatedFolder, name))}`));
}

/** Paths from the folder, those of its subfolders too. */
function namesIn(directory: string, ending: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => name.endsWith(ending))
    .sort();
}

function textOf(path: string): string {
  return readFileSync(path, 'utf8').replaceAll('\r\n', '\n');
}

function versionOf(packageName: string): string {
  const manifest = JSON.parse(textOf(require.resolve(`${packageName}/package.json`))) as { version: string };
  return manifest.version;
}

function digestOf(parts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:`).update(part);
  return hash.digest('hex');
}
