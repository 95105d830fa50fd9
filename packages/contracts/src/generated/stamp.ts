/** Digest of the sources that these files were generated from. */
export const generatedFrom = '84bda91133b72fb6a707d9872425984b4b2ef3fae9dd00e252024e4919819745';

/** Digest of these files as they were generated. */
export const generatedAs = '045b7216f9885cc936814e631c1fee054086180f805760e542f1b853beec5956';
