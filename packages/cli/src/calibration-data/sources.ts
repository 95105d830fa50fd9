/**
 * The public files that calibration data is made from: at fixed commits, known by digest. Both repositories are under
 * Apache-2.0.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { backoffMs } from '@assay/protocol/backoff';
import { errorText } from '@assay/protocol/error-text';
import type { Clock } from '@assay/protocol/ports';
import { UsageError } from '../commands/usage-error.ts';

/** A file of a public repository. */
export interface Source {
  /** Owner and name at GitHub. */
  readonly repository: string;
  readonly commit: string;
  readonly path: string;
  /** Of its bytes, in hexadecimal. */
  readonly sha256: string;
}

/** Where sources are read from. */
export interface SourcePlace {
  /** A folder with clones, as `arena-hard-auto` and `QA-Eval`; without it, sources are downloaded. */
  readonly clones?: string | undefined;
  /** Base URL of raw files, without a final slash. */
  readonly host: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Where GitHub serves files as they are. */
export const rawFiles = 'https://raw.githubusercontent.com';

const arenaHard = {
  repository: 'lmarena/arena-hard-auto',
  commit: '196f6b826783b3da7310e361a805fa36f0be83f3',
};

/** Questions of Arena-Hard v0.1. */
export const questions: Source = {
  ...arenaHard,
  path: 'data/arena-hard-v0.1/question.jsonl',
  sha256: '2650242d2883f22b2abd498f273b6a7e02253cce533f5c91a858e1d44aa3002f',
};

/** Answers to them, by model. */
export const answers: Readonly<Record<string, Source>> = {
  'gpt-3.5-turbo-0125': {
    ...arenaHard,
    path: 'data/arena-hard-v0.1/model_answer/gpt-3.5-turbo-0125.jsonl',
    sha256: '5cfec14570206ec251c3506d36951db87ca869757be75d6075a20120c3cbb616',
  },
  'gpt-4-0314': {
    ...arenaHard,
    path: 'data/arena-hard-v0.1/model_answer/gpt-4-0314.jsonl',
    sha256: '0f6abc84de4600fde987d9db70f838f4ecdbd27a2f1f4058c12aa322a6f791b2',
  },
  'gpt-4-0613': {
    ...arenaHard,
    path: 'data/arena-hard-v0.1/model_answer/gpt-4-0613.jsonl',
    sha256: '055c37c6b230c87413f080c916deba18c6cace3d44b3d456009f1a3d3834a04b',
  },
};

/** Short questions with answers of five systems, judged by people (EVOUNA-NQ). */
export const judgedAnswers: Source = {
  repository: 'wangcunxiang/QA-Eval',
  commit: '90007d39d4ef0720984f80d56a586c66d6241e70',
  path: 'EVOUNA/NQ.json',
  sha256: '617c7fd95fe4177f39e2304c943cc0abbdbf539bc8a4fb61aeaef255bed503a1',
};

const bytesMax = 16 * 2 ** 20;
const waitMs = 60_000;
const triesMax = 3;
const backoff = { firstMs: 500, maxMs: 5_000 };

/** The text of a source. Throws {@link UsageError} if it cannot be had, or is another text than its digest says. */
export async function readSource(source: Source, place: SourcePlace): Promise<string> {
  const { where, bytes } = place.clones === undefined ? await download(source, place) : await fromClone(source, place);
  const found = createHash('sha256').update(bytes).digest('hex');
  if (found !== source.sha256)
    throw new UsageError(
      `${where} has the SHA-256 ${found}, not ${source.sha256}: it is not the file of ${source.repository} at ${source.commit}.`,
    );
  return bytes.toString('utf8');
}

async function fromClone({ repository, commit, path }: Source, { clones = '' }: SourcePlace) {
  const where = join(clones, repository.split('/')[1] ?? '', path);
  try {
    return { where, bytes: await readFile(where) };
  } catch (cause) {
    throw new UsageError(
      `${where} cannot be read (${errorText(cause)}). Clone ${repository} into ${clones} and check out ${commit}.`,
      { cause },
    );
  }
}

async function download({ repository, commit, path }: Source, { host, clock, signal }: SourcePlace) {
  const where = `${host}/${repository}/${commit}/${path}`;
  for (let tries = 1; ; tries += 1) {
    try {
      return { where, bytes: await fetched(where, signal) };
    } catch (cause) {
      signal.throwIfAborted();
      if (tries >= triesMax)
        throw new UsageError(
          `${where} cannot be fetched (${errorText(cause)}). Where GitHub is out of reach, clone ${repository} ` +
            'elsewhere and pass the folder of the clones with --from.',
          { cause },
        );
      await clock.sleep(backoffMs(backoff, tries), signal);
    }
  }
}

async function fetched(url: string, signal: AbortSignal): Promise<Buffer> {
  const response = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(waitMs)]) });
  if (!response.ok || response.body === null) {
    await response.body?.cancel();
    throw new Error(`status ${response.status}`);
  }
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of response.body) {
    length += part.length;
    if (length > bytesMax) throw new Error(`more than ${bytesMax} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}
