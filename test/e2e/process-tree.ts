/** The processes that a program has started, and those that still run; read from /proc, so on Linux only. */
import { readFile } from 'node:fs/promises';

/** One process; a process id alone may be reused later. */
interface Seen {
  readonly pid: number;
  readonly startedAt: string;
}

const pollMs = 500;

/** Watches all descendants of a process, from now until `stop`. */
export class ProcessTree {
  readonly #root: number;
  readonly #seen = new Map<string, Seen>();
  readonly #timer: NodeJS.Timeout;

  constructor(root: number) {
    this.#root = root;
    this.#timer = setInterval(() => void this.#look(this.#root), pollMs);
  }

  /** Number of processes seen so far, without the root. */
  get size(): number {
    return this.#seen.size;
  }

  /** Ends the watch; resolves with those that still run. */
  async stop(): Promise<number[]> {
    clearInterval(this.#timer);
    const runs = await Promise.all(
      [...this.#seen.values()].map(async ({ pid, startedAt }) => {
        const now = await stateOf(pid);
        return now?.startedAt === startedAt && !now.hasEnded;
      }),
    );
    return [...this.#seen.values()].filter((_, index) => runs[index]).map(({ pid }) => pid);
  }

  /** Follows the children that the kernel lists, which costs less than to read every process of the machine. */
  async #look(parent: number): Promise<void> {
    await Promise.all(
      (await childrenOf(parent)).map(async (pid) => {
        const state = await stateOf(pid);
        if (state === undefined) return;
        this.#seen.set(`${pid} ${state.startedAt}`, { pid, startedAt: state.startedAt });
        await this.#look(pid);
      }),
    );
  }
}

/** The children of a process's first thread, from which Node starts all of them. */
async function childrenOf(pid: number): Promise<number[]> {
  const list = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  return list.split(' ').filter(Boolean).map(Number);
}

/**
 * The program's name is in brackets and may contain anything; after it follow state, parent, … and, as the 20th, the
 * start time. Undefined if there is no such process.
 */
async function stateOf(pid: number): Promise<{ readonly startedAt: string; readonly hasEnded: boolean } | undefined> {
  const line = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (line === undefined) return undefined;
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  return { startedAt: fields[19] ?? '', hasEnded: fields[0] === 'Z' || fields[0] === 'X' };
}
