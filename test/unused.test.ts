/** Nothing is exported, declared or kept that nobody uses: knip, with knip.json, over the whole repository. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../', import.meta.url));

it('finds no unused file, export or type', async () => {
  const knip = ['node_modules/knip/bin/knip.js', '--no-progress', '--no-config-hints', '--reporter', 'compact'];
  const run = promisify(execFile)(process.execPath, [...knip, '--include', 'files,exports,types'], { cwd: root });
  const { stdout } = await run.catch((failure: { readonly stdout: string }) => failure);
  expect(stdout.trim()).toBe('');
});
