/** Clones and servers that have something else than the sources, or nothing. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { systemClock } from '@assay/adapters/process/system-clock';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { calibrationDataCommand } from './calibration-data-command.ts';
import { judgedAnswers, questions, readSource } from './sources.ts';

const signal = new AbortController().signal;
const place = { host: 'http://127.0.0.1:9', clock: systemClock, signal };
/** A folder with clones of both repositories at the named commits: where it is given, both files are made whole. */
const clones = process.env.CALIBRATION_CLONES;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'calibration-data-'));
});

afterEach(() => rm(folder, { recursive: true }));

describe('assay calibration-data', () => {
  it('refuses a source that is another text, by its digest, and writes nothing', async () => {
    const file = join(folder, 'clones/arena-hard-auto', questions.path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, '{"uid":"1","prompt":"Another question"}\n');
    const made = calibrationDataCommand(join(folder, 'out'), { ...place, clones: join(folder, 'clones') });
    await expect(made).rejects.toThrow(`${file} has the SHA-256`);
    expect(existsSync(join(folder, 'out'))).toBe(false);
  });

  it('says which repository to clone where a clone is missing', async () => {
    const made = calibrationDataCommand(join(folder, 'out'), { ...place, clones: folder });
    await expect(made).rejects.toThrow(/Clone lmarena\/arena-hard-auto into .* and check out 196f6b82/);
  });

  it('tries a server three times, then says what to do without it', async () => {
    const asked: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url);
      response.writeHead(503).end();
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as AddressInfo;
    const clock = { ...systemClock, sleep: async () => {} };
    const read = readSource(judgedAnswers, { ...place, host: `http://127.0.0.1:${port}`, clock });
    await expect(read).rejects.toThrow(/status 503.* --from/);
    expect(asked).toEqual(Array(3).fill(`/wangcunxiang/QA-Eval/${judgedAnswers.commit}/EVOUNA/NQ.json`));
    await new Promise((done) => server.close(done));
  });

  it.skipIf(clones === undefined)(
    'makes both files, byte for byte, from their sources (CALIBRATION_CLONES)',
    async () => {
      expect(await calibrationDataCommand(folder, { ...place, clones })).toBe(0);
      expect(await readdir(folder)).toEqual(expect.arrayContaining(['fit.jsonl', 'factual-dev.jsonl']));
    },
  );
});
