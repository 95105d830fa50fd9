/** One set-up at a time: two in one folder would overwrite each other. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { say } from './progress.mjs';

const lockFile = '.tools/setup.lock';
const retryMs = 500;

/** Waits for another set-up in this folder to end, then runs `work` alone. */
export async function alone(root, work) {
  const path = join(root, lockFile);
  mkdirSync(dirname(path), { recursive: true });
  let hasSaid = false;
  while (!tryLock(path)) {
    const holder = holderOf(path);
    if (holder === undefined) {
      rmSync(path, { force: true });
      continue;
    }
    if (!hasSaid) say(`Waiting for another set-up in this folder (process ${holder}) …`);
    hasSaid = true;
    await sleep(retryMs);
  }
  const release = () => rmSync(path, { force: true });
  process.once('exit', release);
  try {
    return await work();
  } finally {
    process.off('exit', release);
    release();
  }
}

function tryLock(path) {
  try {
    writeFileSync(path, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

/** The process that holds the lock; undefined if it has exited. */
function holderOf(path) {
  try {
    const pid = Number(readFileSync(path, 'utf8'));
    process.kill(pid, 0);
    return pid;
  } catch (error) {
    return error.code === 'EPERM' ? 'of another user' : undefined;
  }
}
