/** Gas by the rules of osaka. Made by `assay bench gas --record <this file>`: do not edit. */
import type { GasRecord } from './estimate.ts';

/** What was measured. */
export const gasRecord: GasRecord = {
  posts: [
    { scheme: 'ecdsa', operators: 4, certificateBytes: 208, gas: 71678 },
    { scheme: 'ecdsa', operators: 11, certificateBytes: 528, gas: 93807 },
    { scheme: 'ecdsa', operators: 21, certificateBytes: 976, gas: 124753 },
    { scheme: 'ecdsa', operators: 40, certificateBytes: 1744, gas: 177917 },
    { scheme: 'ecdsa', operators: 128, certificateBytes: 5520, gas: 439024 },
    { scheme: 'bls', operators: 21, certificateBytes: 96, gas: 179728 },
    { scheme: 'bls', operators: 64, certificateBytes: 96, gas: 179740 },
    { scheme: 'bls', operators: 128, certificateBytes: 96, gas: 179716 },
  ],
  epochs: [
    { scheme: 'ecdsa', operators: 4, gas: 298821 },
    { scheme: 'ecdsa', operators: 11, gas: 442017 },
    { scheme: 'ecdsa', operators: 21, gas: 650464 },
    { scheme: 'ecdsa', operators: 40, gas: 1039663 },
    { scheme: 'ecdsa', operators: 128, gas: 2906668 },
    { scheme: 'bls', operators: 21, gas: 1870224 },
    { scheme: 'bls', operators: 64, gas: 5192956 },
    { scheme: 'bls', operators: 128, gas: 10243582 },
  ],
};
