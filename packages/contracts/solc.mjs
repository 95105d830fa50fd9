#!/usr/bin/env node
// Gives the compiler from npm the two commands of the native one that forge needs: --version and --standard-json.
import { readFileSync } from 'node:fs';
import solc from 'solc';

if (process.argv.includes('--version')) {
  console.log(
    `solc, the solidity compiler commandline interface\nVersion: ${solc.version().replace('Emscripten.clang', 'Linux.g++')}`,
  );
} else if (process.argv.includes('--standard-json')) {
  process.stdout.write(solc.compile(readFileSync(0, 'utf8')));
} else {
  process.exitCode = 1;
  console.error('usage: solc.mjs --version | --standard-json');
}
