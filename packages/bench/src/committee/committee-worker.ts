/** The worker thread that draws committees. */
import { parentPort } from 'node:worker_threads';
import { countDraws, type DrawRun } from './committee-draws.ts';

parentPort?.on('message', (run: DrawRun) => parentPort?.postMessage(countDraws(run)));
