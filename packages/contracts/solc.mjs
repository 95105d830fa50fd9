#!/usr/bin/env node
// Gives the compiler from npm the two commands of the native one that forge needs: --version and --standard-json.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

if (process.argv.includes('--version')) {
  // Forge asks at every start. The compiler itself would be loaded for it, which takes half a second.
  const { version } = createRequire(import.meta.url)('solc/package.json');
  console.log(`solc, the solidity compiler commandline interface\nVersion: ${version}+Linux.g++`);
} else if (process.argv.includes('--standard-json')) {
  const { default: solc } = await import('solc');
  process.stdout.write(solc.compile(readFileSync(0, 'utf8')));
} else {
  process.exitCode = 1;
  console.error('usage: solc.mjs --version | --standard-json');
}
