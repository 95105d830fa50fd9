/** The live list of tasks. */
import type { TaskSummary } from '@assay/protocol/api/gateway-answers';
import { Columns, Moment, Verdicts } from './marks.tsx';
import type { LiveTasks } from './use-tasks.ts';

export function TasksPage({ live }: { readonly live: LiveTasks }) {
  const decided = live.tasks.filter(({ decision }) => decision !== undefined).length;
  return (
    <>
      <h1>Tasks</h1>
      <p class="quiet" aria-live="polite">
        {live.tasks.length} tasks here, {decided} of them decided. New ones appear by themselves.
      </p>
      {live.tasks.length === 0 ? (
        <p class="card">
          Nothing was submitted yet. <a href="#/submit">Submit a task</a>, or ask through the Router.
        </p>
      ) : (
        <section class="scroll" aria-label="List of tasks">
          <table>
            <Columns of={['Task', 'Submitted', 'Policy', 'Verdicts', 'Batch', { number: 'Took' }]} />
            <tbody>
              {live.tasks.map((task) => (
                <Row key={task.taskId} task={task} />
              ))}
            </tbody>
          </table>
        </section>
      )}
      {live.loadMore !== undefined && (
        <button type="button" onClick={() => void live.loadMore?.()}>
          Older tasks
        </button>
      )}
    </>
  );
}

function Row({ task }: { readonly task: TaskSummary }) {
  const { decision } = task;
  return (
    <tr>
      <td>
        <a href={`#/tasks/${task.taskId}`}>{task.reference}</a>
      </td>
      <td>
        <Moment ms={task.acceptedAtMs} />
      </td>
      <td>
        {task.policy}
        {task.payload === 'sealed' && ' (sealed)'}
      </td>
      <td>
        {decision === undefined ? <span class="pending">judging {task.submissions}</span> : <Verdicts of={decision} />}
      </td>
      <td>{decision !== undefined && `${decision.epoch}/${decision.sequence}`}</td>
      <td class="number">
        {decision !== undefined && `${((decision.decidedAtMs - task.acceptedAtMs) / 1000).toFixed(1)} s`}
      </td>
    </tr>
  );
}
