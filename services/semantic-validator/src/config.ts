/** Settings of the semantic validator. */
import { validatorSettings } from '@assay/runtime/service/settings';

export const settings = validatorSettings;
