import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { temporaryFolder } from './integration/temporary-folder.ts';
import { whatIsLeft } from './left-behind.ts';

let place: Awaited<ReturnType<typeof temporaryFolder>>;

beforeEach(async () => {
  place = await temporaryFolder();
});

afterEach(() => place.remove());

it('a run that cleans up leaves nothing', async () => {
  expect(await whatIsLeft(place.path, 0)).toEqual({ files: [], processes: [] });
});

it('a file that is left is named', async () => {
  await mkdir(join(place.path, 'assay-1'));
  await writeFile(join(place.path, 'note'), '');
  const { files } = await whatIsLeft(place.path, 0);
  expect([...files].sort()).toEqual(['assay-1', 'note']);
});

it.skipIf(process.platform !== 'linux')(
  'a process that is left is named, and one that ends in time is not',
  async () => {
    const child = spawn('sleep', ['60'], { env: { ...process.env, KEY_FILE: join(place.path, 'key') } });
    await once(child, 'spawn');
    expect((await whatIsLeft(place.path, 0)).processes).toEqual([`${child.pid} sleep 60`]);
    const waiting = whatIsLeft(place.path, 10_000);
    child.kill();
    expect((await waiting).processes).toEqual([]);
  },
);
