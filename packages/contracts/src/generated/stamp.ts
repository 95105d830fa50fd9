/** Digest of the sources that these files were generated from. */
export const generatedFrom = 'd07f270251e1de2e131e7a56f1023cdd359591252dde54950246e9f293e4b60b';

/** Digest of these files as they were generated. */
export const generatedAs = '5120bc556ac4fba717d3f503bf357cd282dce8bf8c1fa99769f2a2633359e969';
