import { defineConfig } from 'vite';

/** Builds the page into page/, under names that stay, from the sources of the packages that it uses. */
export default defineConfig({
  base: '/explorer/',
  logLevel: 'warn',
  resolve: { conditions: ['assay-source', 'module', 'browser'] },
  build: {
    outDir: 'page',
    target: 'es2024',
    // The protocol's checks and viem are in it.
    chunkSizeWarningLimit: 1_000,
    modulePreload: false,
    rolldownOptions: {
      output: {
        entryFileNames: 'explorer.js',
        chunkFileNames: '[name].js',
        assetFileNames: 'explorer[extname]',
      },
    },
  },
});
