/** A tiny Llama model that the test makes: its ONNX graph against the same model computed in plain numbers. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectModelPlace, type ModelPlace } from '@assay/adapters/language-model/model-endpoints';
import { type CausalModel, loadCausalModel } from '@assay/adapters/model/causal-model';
import { localLanguageModel } from '@assay/adapters/model/local-language-model';
import { systemClock } from '@assay/adapters/process/system-clock';
import type { LanguageModel } from '@assay/protocol/language-model/language-model';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { logitsOf, tinyLlama, tinyMetadata, tokensOf } from './tiny-llama.fixture.ts';

const digest = `0x${'ab'.repeat(32)}` as const;
const options = { modelDigest: digest, likeliestMax: 5, tokensMax: 200 };
let scratch: string;
let folder: string;
let causal: CausalModel;
let model: LanguageModel;

const setup = (file: string): string => new URL(`../../setup/${file}`, import.meta.url).href;

beforeAll(async () => {
  const { modelFiles } = await import(setup('language-model/model-files.mjs'));
  const { writeModelFolder } = await import(setup('model-folder.mjs'));
  scratch = mkdtempSync(join(tmpdir(), 'assay-tiny-'));
  folder = join(scratch, 'model');
  writeModelFolder(folder, modelFiles({ metadata: tinyMetadata, ...tinyLlama }));
  causal = await loadCausalModel(folder, 1);
  model = localLanguageModel(causal, options);
});

afterAll(async () => {
  await model?.close();
  rmSync(scratch, { recursive: true });
});

const logprobsAfter = (text: string): number[] => {
  const logits = logitsOf(tokensOf(text));
  const top = Math.max(...logits);
  const whole = top + Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - top), 0));
  return logits.map((logit) => logit - whole);
};

it('gives the log-probabilities that the formulas give, over more than one run of tokens', async () => {
  const context = 'abcdefgh'.repeat(9);
  const [scored] = await model.score([{ context, text: 'hgfa' }]);
  if (scored?.ok !== true) throw new Error('The model scored nothing.');
  for (const [place, token] of scored.value.entries()) {
    const expected = logprobsAfter(context + 'hgfa'.slice(0, place));
    expect(Math.abs(token.logprob - 1_000 * (expected[tokensOf('hgfa')[place] ?? 0] ?? 0))).toBeLessThan(2);
    const likeliest = expected.toSorted((a, b) => b - a).slice(0, 5);
    for (const [rank, logprob] of token.likeliest.entries())
      expect(Math.abs(logprob - 1_000 * (likeliest[rank] ?? 0))).toBeLessThan(2);
  }
  expect(scored.value.map(({ likeliest }) => likeliest.length)).toEqual([5, 5, 5, 5]);
});

it('writes the most likely token at temperature 0, and the same text for the same seed above it', async () => {
  const request = { context: 'abc', tokensMax: 12, temperatureMilli: 0 };
  let expected = '';
  for (let step = 0; step < 12; step += 1) {
    const logprobs = logprobsAfter(`abc${expected}`);
    expected += 'abcdefgh'[logprobs.indexOf(Math.max(...logprobs))] ?? '';
  }
  expect(await model.generate(request)).toEqual({ ok: true, value: { text: expected, isEnded: false } });
  const drawn = (seed: number) => model.generate({ ...request, temperatureMilli: 1_000, seed });
  const texts = await Promise.all([drawn(1), drawn(1), drawn(2)]);
  expect(texts[0]).toEqual(texts[1]);
  expect(texts[0]).not.toEqual(texts[2]);
});

it('refuses what is too long, and stops when it is told to', async () => {
  expect(await model.score([{ context: 'a'.repeat(199), text: 'bc' }])).toEqual([{ ok: false, fault: 'too-long' }]);
  const stopped = AbortSignal.abort(new Error('stop'));
  await expect(model.generate({ context: 'a', tokensMax: 5, temperatureMilli: 0 }, stopped)).rejects.toThrow('stop');
});

it('loads a folder that an operator names, and only with the files that the operator knows', async () => {
  const context = { before: '', after: '', clock: systemClock };
  const place: ModelPlace = { modelDigest: digest, folder, likeliest: 5, tokensMax: 64, threads: 1 };
  await expect(connectModelPlace(place, context)).rejects.toThrow(`${causal.filesDigest}; add that as filesDigest`);
  await expect(connectModelPlace({ ...place, filesDigest: digest }, context)).rejects.toThrow('the file says 0xabab');
  const loaded = await connectModelPlace({ ...place, filesDigest: causal.filesDigest }, context);
  expect(await loaded.score([{ context: 'ab', text: 'cd' }])).toEqual(
    await model.score([{ context: 'ab', text: 'cd' }]),
  );
  await loaded.close();
});
