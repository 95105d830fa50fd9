import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { setUpFirst } from './set-up-first.ts';

let folder = '';
const never = new AbortController().signal;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-set-up-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function moduleOf(name: string, body: string): Promise<string> {
  const file = join(folder, `${name}.mjs`);
  await writeFile(file, `export const prepare = async () => { ${body} };`);
  return file;
}

it('takes over the environment of the set-up, once', async () => {
  const file = await moduleOf('good', "return { env: { PATH: '/tools', ASSAY_SET_UP: 'again' } };");
  const environment: NodeJS.ProcessEnv = { PATH: '/old', HOME: '/home', ASSAY_SET_UP: file };
  await setUpFirst(environment, never);
  expect(environment).toEqual({ PATH: '/tools', HOME: '/home' });
});

it('does nothing in an installed package', async () => {
  const environment: NodeJS.ProcessEnv = { PATH: '/old' };
  await setUpFirst(environment, never);
  expect(environment).toEqual({ PATH: '/old' });
});

it('hands on why the set-up stopped, and ends with the signal', async () => {
  const failing = await moduleOf('failing', "throw new Error('no network');");
  await expect(setUpFirst({ ASSAY_SET_UP: failing }, never)).rejects.toThrow('no network');
  const stopping = new AbortController();
  const endless = await moduleOf('endless', 'await new Promise(() => {});');
  const running = setUpFirst({ ASSAY_SET_UP: endless }, stopping.signal);
  stopping.abort(new Error('stopped'));
  await expect(running).rejects.toThrow('stopped');
});
