/**
 * `assay calibration-data`: makes the data that the shipped policies are fitted to and that is text by others, from its
 * public sources.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { shippedFile } from '../network/installation.ts';
import { Progress, print } from '../output/terminal.ts';
import { judgedTasks } from './judged-tasks.ts';
import { arenaHardTexts, fitTasks } from './recipe.ts';
import { answers, judgedAnswers, questions, readSource, type SourcePlace } from './sources.ts';

/** A file that the command makes. */
interface MadeFile {
  readonly name: string;
  /** Of its bytes, in hexadecimal. */
  readonly sha256: string;
  readonly make: (place: SourcePlace) => Promise<string>;
}

const files: readonly MadeFile[] = [
  {
    name: 'fit.jsonl',
    sha256: 'ba04a11470dcc173a146a0f4f4a0a8f713cff57c130ed04c8715fe198b3c84df',
    make: async (place) => {
      const asked = await readSource(questions, place);
      const answered = new Map<string, string>();
      for (const [model, source] of Object.entries(answers)) answered.set(model, await readSource(source, place));
      const recipe = await readFile(shippedFile('deploy/fit-recipe.jsonl'), 'utf8');
      return fitTasks(recipe, arenaHardTexts(asked, answered));
    },
  },
  {
    name: 'factual-dev.jsonl',
    sha256: 'ca489b39ea392657bacb0997b7550dda1b4dc0b3f2e713d360348d055999116a',
    make: async (place) => judgedTasks(await readSource(judgedAnswers, place)),
  },
];

/**
 * Makes the files that `folder` does not have, and prints their digests; resolves with the exit code 0. Throws
 * `UsageError` for a source that is missing or another text. A file is written whole or not at all.
 */
export async function calibrationDataCommand(folder: string, place: SourcePlace): Promise<number> {
  const progress = new Progress();
  for (const { name, sha256, make } of files) {
    const path = join(folder, name);
    const there = await readFile(path).catch(() => undefined);
    if (there === undefined || digestOf(there) !== sha256) {
      progress.say(`making ${name}`);
      await writeWhole(folder, path, checked(await make(place), name, sha256));
    }
    print(`${path}  SHA-256 ${sha256}`);
  }
  progress.end();
  return 0;
}

function checked(text: string, name: string, sha256: string): string {
  const found = digestOf(text);
  if (found === sha256) return text;
  throw new Error(`${name} came out with the SHA-256 ${found}, not ${sha256}; it was not written.`);
}

async function writeWhole(folder: string, path: string, text: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(`${path}.part`, text);
  await rename(`${path}.part`, path);
}

function digestOf(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
