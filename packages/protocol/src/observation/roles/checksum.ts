/** The role `checksum`: do the bytes match the commitment, and the output of a deterministic run? */
import { contentFlags, defineRole, finding } from '../role-definition.ts';

export const checksum = defineRole({
  name: 'checksum',
  index: 0,
  service: 'checksum-verifier',
  asks: 'Do the bytes match the commitment, was it made by the miner, and do they match a deterministic run?',
  usesModel: false,
  inEveryPolicy: true,
  scoreOnChain: true,
  flags: {
    ...contentFlags({ missing: 0, mismatch: 1, unsealed: 7, locked: 8, incomplete: 9, unobserved: 10 }),
    'commitment-mismatch': finding(2, 'Its content is not what its miner committed to.'),
    'commitment-missing': finding(3, 'It has no commitment, and the policy requires one.'),
    'model-mismatch': finding(4, 'Its miner names another model than the task pins.'),
    'deterministic-divergence': finding(5, 'It differs from what most deterministic runs of the task gave.'),
    'miner-signature-invalid': finding(
      6,
      "Its signature is not its miner's, or is missing and required by the policy.",
    ),
  },
  rules: {},
});
