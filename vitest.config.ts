import { availableParallelism, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defaultServerConditions } from 'vite';
import { defineConfig } from 'vitest/config';

// ONNX Runtime reports its use to its maker otherwise.
process.env.ORT_DISABLE_TELEMETRY ??= '1';
// The many processes that tests start compile what they share once.
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('.assay/compile-cache', import.meta.url));

// `@assay/*` is its sources: here, and in the threads and processes that tests start.
const sources = 'assay-source';
const resolve = { conditions: [sources, ...defaultServerConditions] };

const setupFiles = process.env.TEST_COSTS === undefined ? [] : ['test/costs.ts'];
const fastPrimitives = 'test/fast-primitives.ts';
const pure = 'packages/{protocol,aggregation,checks,session-keys}/src/**/*.test.ts';
/** A minute of forge, which would be the last to end if it began among the others. */
const solidity = 'packages/contracts/src/solidity.test.ts';
const exclude = ['**/node_modules/**', '**/dist/**'];

/**
 * Files that run at once: one more than there are cores, because tests of networks also wait, and as many as fit into
 * memory.
 */
const networkGibibytes = 6;
const maxWorkers = Math.max(
  1,
  Math.min(availableParallelism() + 1, Math.floor(totalmem() / 2 ** 30 / networkGibibytes)),
);

// A worker runs one file after another with the modules that it has loaded: loading them for each costs a minute of a core.
const shared = { execArgv: [`--conditions=${sources}`], exclude, isolate: false, maxWorkers, setupFiles };

export default defineConfig({
  test: {
    globalSetup: ['test/left-behind.ts'],
    // Vitest begins with the project whose name comes first, and with its longest files.
    projects: [
      {
        // Whole networks of many processes, and whatever else takes long.
        resolve,
        ssr: { resolve },
        test: {
          ...shared,
          setupFiles: [...setupFiles, fastPrimitives],
          name: 'networks',
          globalSetup: ['test/bundles.ts'],
          include: ['test/{e2e,chaos}/**/*.test.ts', 'test/deploy/network/**/*.test.ts', solidity],
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
      {
        resolve,
        ssr: { resolve },
        test: {
          ...shared,
          setupFiles: [...setupFiles, fastPrimitives],
          name: 'parts',
          include: [
            'packages/*/src/**/*.test.ts',
            'services/*/src/**/*.test.ts',
            'test/*.test.ts',
            'test/{integration,sim,chain,packaging,roles,formal}/**/*.test.ts',
            'test/deploy/*.test.ts',
          ],
          exclude: [...exclude, pure, solidity],
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
      {
        // Packages without effects.
        resolve,
        ssr: { resolve },
        test: { ...shared, name: 'pure', include: [pure], testTimeout: 180_000 },
      },
    ],
  },
});
