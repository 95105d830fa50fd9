/** CPU time of other processes, if the system reports it (Linux). */
import { readFileSync } from 'node:fs';

const ticksPerSecond = 100;

/** CPU milliseconds, user and system, of all processes of a kind; undefined if the system does not report them. */
export function processorMs(
  processes: Readonly<Record<string, readonly number[]>>,
): Readonly<Record<string, number>> | undefined {
  try {
    return Object.fromEntries(
      Object.entries(processes).map(([kind, pids]) => [kind, pids.reduce((sum, pid) => sum + ofProcess(pid), 0)]),
    );
  } catch {
    return undefined;
  }
}

/** `/proc/<pid>/stat`, fields 14 and 15; the second field, a name in brackets, may contain blanks (proc(5)). */
function ofProcess(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerSecond;
}
