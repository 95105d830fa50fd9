/** A validator that does no work: it signs the first observation of another operator that it sees. */

import { subjects } from '@assay/protocol/bus/subjects';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { decodeMessage } from '@assay/protocol/encoding/decode';
import { unpackMeasurements } from '@assay/protocol/observation/measurement';
import { observationSchema } from '@assay/protocol/observation/observation';
import type { Role } from '@assay/protocol/observation/role';
import type { Bus, Clock } from '@assay/protocol/ports';
import type { RoleCheck } from '@assay/runtime/validator/validator-context';

const lookEveryMs = 5;

/**
 * A check that waits for the first observation of any of `others` and repeats it. Its bus has no permissions, as if it
 * ran the bus itself.
 */
export function copyingCheck(bus: Bus, clock: Clock, role: Role, others: readonly Hex[]): RoleCheck {
  return async ({ task, policy }) => {
    const untilMs = clock.nowMs() + policy.deadlineMs;
    while (clock.nowMs() < untilMs) {
      for (const operator of others) {
        const message = await bus.last('OBSERVATIONS', subjects.observation(task.taskId, role, operator));
        const seen = message === undefined ? undefined : decodeMessage(observationSchema, message.data);
        const copied = seen?.ok ? unpackMeasurements(seen.value.measurements, task.submissions.length) : undefined;
        if (copied?.ok) return copied.value;
      }
      await clock.sleep(lookEveryMs);
    }
    return task.submissions.map(() => ({ score: 0, flags: 0 }));
  };
}
