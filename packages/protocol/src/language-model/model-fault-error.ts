/** A fault of a model elsewhere, thrown where a port promises a plain value. */
import type { ModelFault } from './language-model.ts';

/** Why a model has no usable answer. */
export class ModelFaultError extends Error {
  override readonly name = 'ModelFaultError';
  readonly fault: ModelFault;

  constructor(fault: ModelFault) {
    super(`The model gave no usable answer (${fault}).`);
    this.fault = fault;
  }
}
