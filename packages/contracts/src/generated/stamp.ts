/** Digest of the sources that these files were generated from. */
export const generatedFrom = 'af14ebb71727797576dbceebe261d532dc9c1345fedb00ec460c5376c250c59e';

/** Digest of these files as they were generated. */
export const generatedAs = '18d2271b9785fd7053c38d7de4c27997c0f7010be5f8cb890d2cf6c1a3a3aa33';
