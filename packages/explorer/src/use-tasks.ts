/** The newest tasks, kept up to date by the gateway's events. */
import { type TaskSummary, taskSummarySchema } from '@assay/protocol/api/gateway-answers';
import { useCallback, useEffect, useState } from 'preact/hooks';
import { listTasks } from './gateway.ts';

/** The list, and whether it follows the network now. */
export interface LiveTasks {
  readonly connection: 'connecting' | 'live' | 'connection lost';
  /** Newest first. */
  readonly tasks: readonly TaskSummary[];
  /** Loads the next page; missing on the last one. */
  readonly loadMore: (() => Promise<void>) | undefined;
}

export function useTasks(): LiveTasks {
  const [connection, setConnection] = useState<LiveTasks['connection']>('connecting');
  const [tasks, setTasks] = useState<readonly TaskSummary[]>([]);
  const [before, setBefore] = useState<number>();
  const merge = useCallback((more: readonly TaskSummary[]) => setTasks((all) => mergeTasks(all, more)), []);
  useEffect(() => {
    const events = new EventSource('/v1/events');
    events.onopen = () => {
      setConnection('live');
      // What happened while there was no connection is in the list.
      listTasks().then(
        (page) => {
          merge(page.tasks);
          setBefore((now) => now ?? page.before);
        },
        () => setConnection('connection lost'),
      );
    };
    events.onerror = () => setConnection('connection lost');
    events.addEventListener('task', ({ data }) => {
      const task = taskSummarySchema.safeParse(JSON.parse(data));
      if (task.success) merge([task.data]);
    });
    return () => events.close();
  }, [merge]);
  const loadMore = async () => {
    const page = await listTasks(before);
    merge(page.tasks);
    setBefore(page.before);
  };
  return { connection, tasks, loadMore: before === undefined ? undefined : loadMore };
}

/** Both lists as one, newest first; of two states of a task, the decided one. */
function mergeTasks(all: readonly TaskSummary[], more: readonly TaskSummary[]): TaskSummary[] {
  const byId = new Map(all.map((one) => [one.taskId, one]));
  for (const one of more) if (byId.get(one.taskId)?.decision === undefined) byId.set(one.taskId, one);
  return [...byId.values()].sort((a, b) => b.position - a.position);
}
