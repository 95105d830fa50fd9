/** Digest of the sources that these files were generated from. */
export const generatedFrom = '36d43da11d6ca9671dd30420052f52e8a1b24e0599a32f0d1b5b607410adaadb';

/** Digest of these files as they were generated. */
export const generatedAs = 'e650758338ea11c7a06f96c37c9e7a907718eab3b867a1792eea488dddbdb44d';
