/** Settings of the embedding comparer. */
import { modelSettings } from '@assay/composition/vector-check';
import { validatorSettings } from '@assay/runtime/service/settings';

export const settings = { ...validatorSettings, ...modelSettings } as const;
