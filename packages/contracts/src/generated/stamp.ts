/** Digest of the sources that these files were generated from. */
export const generatedFrom = 'c6046354ad2d658679bb09d00f2f7e645d41f7fa0cd1166cbde897b6a7618aef';

/** Digest of these files as they were generated. */
export const generatedAs = 'f29ebbb65230311f361f05deb0110105f9d2092766095802a1515c65a13ba06f';
