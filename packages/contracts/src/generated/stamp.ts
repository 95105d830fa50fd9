/** Digest of the sources that these files were generated from. */
export const generatedFrom = 'decdb61cbafd6ced79fab60f6d1556e9fcc51b41e03a08385d974e8f9fdb5e07';

/** Digest of these files as they were generated. */
export const generatedAs = 'f29ebbb65230311f361f05deb0110105f9d2092766095802a1515c65a13ba06f';
