/** The whole page: its parts by the address after the `#`. */
import type { Hex } from '@assay/protocol/encoding/bytes';
import { useEffect, useState } from 'preact/hooks';
import { MinersPage } from './miners-page.tsx';
import { NetworkPage } from './network-page.tsx';
import { SubmitPage } from './submit-page.tsx';
import { TaskPage } from './task-page.tsx';
import { TasksPage } from './tasks-page.tsx';
import { useTasks } from './use-tasks.ts';

const links = [
  ['#/', 'Tasks'],
  ['#/miners', 'Miners'],
  ['#/network', 'Network'],
  ['#/submit', 'Submit a task'],
] as const;

export function Explorer() {
  const hash = useHash();
  const live = useTasks();
  const taskId = /^#\/tasks\/(0x[0-9a-f]{64})$/.exec(hash)?.[1] as Hex | undefined;
  return (
    <>
      <header class="top">
        <a class="brand" href="#/">
          Assay
        </a>
        <nav aria-label="Pages">
          {links.map(([href, name]) => (
            <a key={href} href={href} aria-current={hash === href ? 'page' : undefined}>
              {name}
            </a>
          ))}
        </nav>
        <span class={`live ${live.connection}`} role="status">
          {live.connection}
        </span>
      </header>
      <main>
        {taskId !== undefined ? (
          <TaskPage key={taskId} taskId={taskId} summary={live.tasks.find((one) => one.taskId === taskId)} />
        ) : hash === '#/network' ? (
          <NetworkPage tasks={live.tasks} />
        ) : hash === '#/miners' ? (
          <MinersPage tasks={live.tasks} />
        ) : hash === '#/submit' ? (
          <SubmitPage />
        ) : (
          <TasksPage live={live} />
        )}
      </main>
    </>
  );
}

function useHash(): string {
  const read = () => window.location.hash || '#/';
  const [hash, setHash] = useState(read);
  useEffect(() => {
    const follow = () => {
      setHash(read());
      window.scrollTo(0, 0);
    };
    window.addEventListener('hashchange', follow);
    return () => window.removeEventListener('hashchange', follow);
  }, []);
  return hash;
}
