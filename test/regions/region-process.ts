/** A region's process, as the test sees it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { join } from 'node:path';
import { nodeFlagsOf } from '@assay/adapters/process/entry-file';
import { root } from '../containers/run.ts';
import type { Region } from './layout.ts';
import type { Answer, Order, Records } from './region-plan.ts';

const entry = join(root, 'test/regions/region.ts');

/** A process in a region's namespace. One order at a time. */
export interface RegionProcess {
  readonly region: Region;
  /** Rejects with the region's reason if it cannot do it. */
  order(order: Order): Promise<Records | undefined>;
  /** Ends everything in it. */
  stop(): Promise<void>;
}

/** Starts it; `dir` keeps its output. `path` is where it finds its servers' programs. */
export function startRegion(region: Region, dir: string, path: string): RegionProcess {
  const log = openSync(join(dir, `${region.namespace}.log`), 'a');
  const node = [process.execPath, ...nodeFlagsOf(entry), entry];
  const child = spawn('ip', ['netns', 'exec', region.namespace, ...node], {
    stdio: ['ignore', log, log, 'ipc'],
    env: { ...process.env, PATH: path },
  });
  const exited = once(child, 'exit');
  exited.catch(() => undefined);
  const order = async (one: Order): Promise<Records | undefined> => {
    const answered = once(child, 'message') as Promise<[Answer]>;
    child.send(one);
    const gone = exited.then(() => {
      throw new Error(`${region.namespace} has ended. Its output is in ${dir}.`);
    });
    gone.catch(() => undefined);
    const [answer] = await Promise.race([answered, gone]);
    if ('failed' in answer) throw new Error(`${region.namespace}: ${answer.failed}`);
    return answer.records;
  };
  return {
    region,
    order,
    async stop() {
      if (child.exitCode === null && child.signalCode === null && child.connected) child.disconnect();
      await exited;
    },
  };
}
