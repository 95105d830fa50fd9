/** Settings of the inference validator. */
import { languageModelSettings } from '@assay/composition/score-check';
import { validatorSettings } from '@assay/runtime/service/settings';

export const settings = { ...validatorSettings, ...languageModelSettings };
