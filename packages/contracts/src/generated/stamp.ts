/** Digest of the sources that these files were generated from. */
export const generatedFrom = '3258fb9576c8b9d3643edae793cd42bdca479c73cdfa8c4e1c1dd683a2abe373';

/** Digest of these files as they were generated. */
export const generatedAs = '1d06a315915b81b66383a56ddfe2976ad9a59dd70a53f30a3e18e92f907a0c6f';
