/** Digest of the sources that these files were generated from. */
export const generatedFrom = 'c4b59c4814272827611e27c9f5aa29432a69ed7ac4bbd6dfb30c0c7ef22aea7b';

/** Digest of these files as they were generated. */
export const generatedAs = '1d06a315915b81b66383a56ddfe2976ad9a59dd70a53f30a3e18e92f907a0c6f';
