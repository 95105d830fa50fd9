/** `assay demo`: the project's own tasks on a local network, with the whole account. */
import { definitionOf, type Role } from '@assay/protocol/observation/role';
import { rolesOf } from '@assay/protocol/policy/policy';
import { policyNamed } from '../network/policy-file.ts';
import { counted, paint, print, tableOf } from '../output/terminal.ts';
import { localPlace } from '../places/local-place.ts';
import { spread } from '../tasks/spread.ts';
import { demoTasksFile, readTaskFile } from '../tasks/task-file.ts';
import { judgeAll } from '../verdicts/judge-run.ts';

export interface DemoCommand {
  readonly operators: number;
  readonly replicas: number;
  readonly json: boolean;
  /** Say which words decided each verdict other than accept. */
  readonly words: boolean;
  readonly out?: string;
  /** Number of tasks, spread over all, that are sealed under session keys. */
  readonly sealed: number;
  /** Port of the gateway; 0: any free one. */
  readonly port: number;
  /** Only so many of the tasks. */
  readonly tasks?: number;
  readonly signal: AbortSignal;
}

const policy = 'standard';
const aggregators = 2;

/** Resolves with the exit code of {@link judgeAll}. */
export async function demoCommand({ tasks: most, sealed, ...options }: DemoCommand): Promise<number> {
  const tasks = (await readTaskFile(demoTasksFile)).slice(0, most);
  const place = await localPlace({ ...options, aggregators, policy, sealed: spread(tasks, sealed) });
  if (!options.json)
    for (const line of introduction(tasks.length, rolesOf(policyNamed(place.policies, policy)))) print(line);
  return judgeAll(tasks, place, { ...options, policy, verbose: true, resumes: false });
}

/** How to read what follows. */
function introduction(tasks: number, roles: readonly Role[]): string[] {
  return [
    `${counted(tasks, 'task')}. Several miners answered each; "label" is what an answer is, which no operator sees.`,
    'Each answer has a score from 0.00 to 1.00 in each role:',
    ...tableOf(roles.map((role) => ['', paint('bold', role), definitionOf(role).asks])),
    'More than two thirds of the operators, by stake, accept it or reject it; otherwise the verdict is abstain.',
    'Below each table: why an answer was not accepted, with the passages that decided by their place in its text.',
    '',
  ];
}
