/** The flag for a model of the operator's that gave no usable answer. Every role that asks one has these three. */
import { isTransient, type ModelFault } from '@assay/protocol/language-model/language-model';

/** Why an operator's model judged nothing; `not-shared`: the content is sealed, and the model is not the operator's own. */
export type Unjudged = ModelFault | 'not-shared';

/** The names of these flags. */
export const faultFlags = ['model-unavailable', 'model-not-believed', 'not-shared'] as const;

type FaultFlag = (typeof faultFlags)[number];

/** The flag of a fault: there is no answer, or one that cannot be right. */
export function faultFlagOf(fault: Unjudged): FaultFlag {
  if (fault === 'not-shared') return 'not-shared';
  return isTransient(fault) || fault === 'too-long' ? 'model-unavailable' : 'model-not-believed';
}
