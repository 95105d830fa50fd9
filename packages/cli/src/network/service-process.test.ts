import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startService } from './service-process.ts';

/** More than a pipe and a stream hold. */
const lastWords = 'x'.repeat(4_000_000);

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'assay-service-'));
});

afterAll(() => rmSync(folder, { recursive: true }));

it('keeps what a service wrote just before it ended', async () => {
  const entry = join(folder, 'service.mjs');
  writeFileSync(
    entry,
    `import { writeSync } from 'node:fs';
    process.on('SIGTERM', () => { writeSync(1, 'x'.repeat(${lastWords.length})); writeSync(2, 'the end'); process.exit(0); });
    process.send({ type: 'ready', facts: {} });
    setInterval(() => {}, 1e6);`,
  );
  const service = await startService({ service: 'none', name: 'talker', environment: {}, entry }, folder);
  await service.stop();
  expect(readFileSync(service.logFile, 'utf8') === `${lastWords}the end`).toBe(true);
});

it('says how a service ended that was not asked to', async () => {
  const entry = join(folder, 'failing.mjs');
  writeFileSync(entry, `console.error('no such bus'); process.exit(2);`);
  const started = startService({ service: 'none', name: 'failing', environment: {}, entry }, folder);
  await expect(started).rejects.toThrow('failing exited with 2: no such bus');
});
