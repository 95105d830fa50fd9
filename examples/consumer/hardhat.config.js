import { createRequire } from 'node:module';
import { defineConfig } from 'hardhat/config';

export default defineConfig({
  // The compiler from npm. Without `path`, Hardhat downloads its own.
  solidity: { version: '0.8.37', path: createRequire(import.meta.url).resolve('solc/soljson.js') },
  paths: { sources: 'contracts', tests: { solidity: 'test' } },
});
