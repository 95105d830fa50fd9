/** The check of the role `inference`. */
import { inferenceCheck, scoringOrders } from '../inference/inference-check.ts';
import type { RoleCheck } from './role-check.ts';

export const inference: RoleCheck<'inference'> = {
  role: 'inference',
  needs: 'scores',
  orders: scoringOrders,
  check: inferenceCheck,
};
