/** Settings of the checksum verifier. */
import { validatorSettings } from '@assay/runtime/settings';

export const settings = validatorSettings;
