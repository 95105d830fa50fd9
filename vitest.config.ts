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

const exclude = ['**/node_modules/**', '**/dist/**'];

export default defineConfig({
  test: {
    globalSetup: ['test/left-behind.ts'],
    projects: [
      {
        resolve,
        ssr: { resolve },
        test: {
          execArgv: [`--conditions=${sources}`],
          name: 'parts',
          include: [
            'packages/*/src/**/*.test.ts',
            'services/*/src/**/*.test.ts',
            'test/*.test.ts',
            'test/{integration,sim,chain,packaging}/**/*.test.ts',
            'test/deploy/*.test.ts',
          ],
          exclude,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        // Whole networks of many processes: one file at a time, after the parts.
        resolve,
        ssr: { resolve },
        test: {
          execArgv: [`--conditions=${sources}`],
          name: 'networks',
          include: ['test/e2e/**/*.test.ts', 'test/chaos/**/*.test.ts', 'test/deploy/network/**/*.test.ts'],
          exclude,
          testTimeout: 180_000,
          hookTimeout: 120_000,
          maxWorkers: 1,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
