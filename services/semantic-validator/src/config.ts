/** Settings of the semantic validator. */
import { validatorSettings } from '@assay/runtime/settings';

export const settings = validatorSettings;
