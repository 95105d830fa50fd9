/** Digest of the sources that these files were generated from. */
export const generatedFrom = '5871400232dda0da6475060cc6b2ada5c6d8527817ff2fe1029523a1cbafd268';

/** Digest of these files as they were generated. */
export const generatedAs = 'e64d20ba55a55acc877f53c98f12e522b64535ff9a87bfe12ed8177edc1f82a4';
