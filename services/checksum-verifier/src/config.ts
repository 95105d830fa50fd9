/** Settings of the checksum verifier. */
import { validatorSettings } from '@assay/runtime/service/settings';

export const settings = validatorSettings;
