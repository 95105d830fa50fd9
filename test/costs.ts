/**
 * Measures what each test file costs, where `TEST_COSTS` names a file to append to: the processor time of its worker and
 * of all processes that it started, and the time that it took. Processor time hardly depends on what else the machine
 * does. Linux only.
 */
import { appendFileSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { afterAll, expect } from 'vitest';

const clockTicksPerSecond = 100;

/** Seconds of user and system time: of this process, and of all its ended children. See `man 5 proc_pid_stat`. */
function processorSeconds(): { own: number; children: number } {
  const stat = readFileSync('/proc/self/stat', 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [user = 0, system = 0, childrenUser = 0, childrenSystem = 0] = fields
    .slice(11, 15)
    .map((ticks) => Number(ticks) / clockTicksPerSecond);
  return { own: user + system, children: childrenUser + childrenSystem };
}

// This file is evaluated before each test file, in a worker that may have run others.
const startedMs = performance.now();
const before = processorSeconds();

// Hooks that clean up run in reverse order, so this one is last.
afterAll(() => {
  const now = processorSeconds();
  const own = now.own - before.own;
  const children = now.children - before.children;
  const seconds = [own + children, own, children, (performance.now() - startedMs) / 1_000];
  const file = relative(process.cwd(), expect.getState().testPath ?? '');
  appendFileSync(process.env.TEST_COSTS ?? '', `${seconds.map((one) => one.toFixed(1)).join('\t')}\t${file}\n`);
});
