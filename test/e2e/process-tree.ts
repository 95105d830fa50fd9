/** The processes that a program has started, and those that still run; read from /proc, so on Linux only. */
import { readdir, readFile } from 'node:fs/promises';

/** One process; a process id alone may be reused later. */
interface Seen {
  readonly pid: number;
  readonly parent: number;
  readonly startedAt: string;
  readonly ended: boolean;
}

const pollMs = 500;

/** Watches all descendants of a process, from now until `stop`. */
export class ProcessTree {
  readonly #root: number;
  readonly #seen = new Map<string, Seen>();
  readonly #timer: NodeJS.Timeout;

  constructor(root: number) {
    this.#root = root;
    this.#timer = setInterval(() => void this.#look(), pollMs);
  }

  /** Number of processes seen so far, without the root. */
  get size(): number {
    return this.#seen.size;
  }

  /** Ends the watch; resolves with those that still run. */
  async stop(): Promise<number[]> {
    clearInterval(this.#timer);
    const now = new Map((await allProcesses()).map((one) => [keyOf(one), one]));
    return [...this.#seen].filter(([key]) => now.get(key)?.ended === false).map(([, { pid }]) => pid);
  }

  async #look(): Promise<void> {
    const all = await allProcesses();
    const family = new Set([this.#root]);
    for (let grown = true; grown; ) {
      const children = all.filter((one) => family.has(one.parent) && !family.has(one.pid));
      for (const child of children) {
        family.add(child.pid);
        this.#seen.set(keyOf(child), child);
      }
      grown = children.length > 0;
    }
  }
}

const keyOf = ({ pid, startedAt }: Seen) => `${pid} ${startedAt}`;

async function allProcesses(): Promise<Seen[]> {
  const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(names.map((name) => readFile(`/proc/${name}/stat`, 'utf8').catch(() => undefined)));
  return lines.flatMap((line) => (line === undefined ? [] : [parse(line)]));
}

/**
 * The program's name is in brackets and may contain anything; after it follow state, parent, … and, as the 20th, the
 * start time.
 */
function parse(line: string): Seen {
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  return {
    pid: Number.parseInt(line, 10),
    parent: Number(fields[1]),
    startedAt: fields[19] ?? '',
    ended: fields[0] === 'Z' || fields[0] === 'X',
  };
}
