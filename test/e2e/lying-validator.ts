/**
 * A validator whose operator signs nonsense; tests run it instead of the operator's own validators. It lies about tasks
 * whose reference begins with `lie:<liars>:<manner>:`, if its operator is among the first `<liars>`. For all other
 * tasks it is honest, so that one network shows verdicts with and without liars.
 */
import { createHash } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import { roleChecks } from '@assay/checks/roles/role-checks';
import { serviceFile } from '@assay/cli/network/service-process';
import { contentCheck } from '@assay/composition/content-check';
import { type ConnectCheck, runValidator } from '@assay/composition/run-validator';
import { modelSettings, vectorCheck } from '@assay/composition/vector-check';
import type { Measured } from '@assay/protocol/observation/evidence';
import { roles, serviceOf } from '@assay/protocol/observation/role';
import type { Task } from '@assay/protocol/task/task';
import { validatorSettings } from '@assay/runtime/service/settings';
import type { RoleCheck } from '@assay/runtime/validator/validator-context';

const settings = { ...validatorSettings, ...modelSettings } as const;
const [, operatorIndex, named] = /^operator-(\d+)-([a-z-]+)-\d+$/.exec(process.env.INSTANCE ?? '') ?? [];
const role = roles.find((one) => one === named) ?? roles[0];

/** A liar's measurement of a submission, by its manner: the same on every run. */
const lies: Readonly<Record<string, (task: Task, index: number) => Measured>> = {
  /** Any score, any flags, for any reason. */
  noise: (task, index) => {
    const word = createHash('sha256').update(`${operatorIndex}/${role}/${task.taskId}/${index}`).digest();
    const evidence = [{ kind: 'noise', strength: word.readUInt16BE(6) % 10_001, against: 'the truth' }];
    return { score: word.readUInt16BE(0) % 10_001, flags: word.readUInt32BE(2), evidence };
  },
  /** Everything is perfect. */
  praise: () => ({ score: 10_000, flags: 0 }),
};

function lieAbout(task: Task) {
  const [, liars, manner] = /^lie:(\d+):([a-z]+):/.exec(task.reference) ?? [];
  return Number(operatorIndex) < Number(liars ?? 0) ? lies[manner ?? ''] : undefined;
}

/** The check of an honest validator of the role. */
const honestCheck: ConnectCheck<typeof settings> = (parts) => {
  const entry = pathToFileURL(serviceFile(serviceOf(role), 'check-thread'));
  return roleChecks[role].needs === 'vectors' ? vectorCheck(entry)(parts) : contentCheck(entry)(parts);
};

await runValidator({
  role,
  service: 'lying-validator',
  settings,
  environment: process.env,
  check: async (parts) => {
    const honest = await honestCheck(parts);
    const check: RoleCheck = async (input) => {
      const lie = lieAbout(input.task);
      return lie === undefined ? honest.check(input) : input.task.submissions.map((_, index) => lie(input.task, index));
    };
    return { ...honest, check };
  },
});
