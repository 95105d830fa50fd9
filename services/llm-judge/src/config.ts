/** Settings of the LLM judge. */
import { languageModelSettings } from '@assay/composition/language-models';
import { validatorSettings } from '@assay/runtime/service/settings';

export const settings = { ...validatorSettings, ...languageModelSettings };
