/** What the running stack has to do: certify what `curl` submits, also while its containers are killed. */
import type { TaskRequestInput } from '@assay/protocol/task/task';
import { run, until } from './run.ts';

const gateway = 'http://127.0.0.1:8080';
const patienceMs = 180_000;

/** A question with three honest answers; the number makes its texts unique. */
export function taskOf(number: number): TaskRequestInput {
  return {
    reference: `trial-${number}`,
    policy: 'standard',
    prompt: `Why does animal ${number} of the zoo sleep during the day and look for food at night?`,
    submissions: [
      `Animal ${number} sleeps by day because it is cooler and safer to look for food at night.`,
      `By night it is safer and cooler, so animal ${number} rests during the day and eats in the dark.`,
      `Heat and hunters make the day dangerous: animal ${number} therefore sleeps then and feeds at night.`,
    ].map((output, index) => ({ miner: `miner-${index + 1}`, output })),
  };
}

/** Submits a task. Resolves with its id. */
export async function submit(number: number): Promise<string> {
  const json = ['--header', 'content-type: application/json', '--data', JSON.stringify(taskOf(number))];
  const answer = await until(
    'the gateway takes a task',
    () =>
      run('curl', ['--silent', '--show-error', '--fail-with-body', '--max-time', '10', ...json, `${gateway}/v1/tasks`]),
    patienceMs,
  );
  return (JSON.parse(answer) as { taskId: string }).taskId;
}

/** What the network certified of a task, as far as the trial reads it. */
export interface Report {
  readonly results: readonly { readonly verdict: string }[];
}

/** Waits for a task's certified report. */
export function certified(taskId: string): Promise<Report> {
  return until(
    `the report of ${taskId}`,
    async () => {
      const url = `${gateway}/v1/reports/${taskId}`;
      const answer = JSON.parse(await run('curl', ['--silent', '--fail', '--max-time', '10', url])) as Partial<Report>;
      return answer.results === undefined ? undefined : { results: answer.results };
    },
    patienceMs,
  );
}
