import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Embedder } from '@assay/protocol/ports';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadEmbedder } from './embedder.ts';

const modelDir = fileURLToPath(new URL('../../../../models', import.meta.url));
const modelName = 'universal-sentence-encoder-lite';
const isExported = existsSync(`${modelDir}/${modelName}/config.json`);
const name = isExported ? 'the exported model' : 'the exported model (skipped: run "npm run setup" to make models/)';

const dot = (a: Float32Array, b: Float32Array): number =>
  a.reduce((sum, value, index) => sum + value * (b[index] as number), 0);
const difference = (a: Float32Array, b: Float32Array): number =>
  Math.max(...a.map((value, index) => Math.abs(value - (b[index] as number))));

describe.skipIf(!isExported)(name, () => {
  let embedder: Embedder;
  beforeAll(async () => {
    embedder = await loadEmbedder({ modelDir, modelName });
  });
  afterAll(() => embedder.close());

  test('has vectors of length 1', async () => {
    const vectors = await embedder.embed(['The cat sat on the mat.', 'x', '日本語']);
    for (const vector of vectors) {
      expect(vector).toHaveLength(embedder.dimensions);
      expect(dot(vector, vector)).toBeCloseTo(1, 5);
    }
  });

  test('scores a paraphrase above a different topic', async () => {
    const [question, paraphrase, other] = (await embedder.embed([
      'How do I reset my password?',
      'What are the steps to change a forgotten password?',
      'Bake the bread for forty minutes in a hot oven.',
    ])) as [Float32Array, Float32Array, Float32Array];
    expect(dot(question, paraphrase)).toBeGreaterThan(dot(question, other) + 0.2);
  });

  test('gives a text the same vector in any batch and any order', async () => {
    const texts = Array.from({ length: 70 }, (_, index) => `${'word '.repeat((index * 37) % 61)}number ${index}.`);
    const vectors = await embedder.embed(texts);
    const reversed = (await embedder.embed(texts.toReversed())).toReversed();
    const [alone] = await embedder.embed([texts[23] as string]);
    for (const [index, vector] of vectors.entries())
      expect(difference(vector, reversed[index] as Float32Array)).toBeLessThan(1e-5);
    expect(difference(alone as Float32Array, vectors[23] as Float32Array)).toBeLessThan(1e-5);
  });

  test('answers calls that run at the same time', async () => {
    const [first, second] = await Promise.all([embedder.embed(['one', 'two']), embedder.embed(['two', 'one'])]);
    expect(difference(first?.[0] as Float32Array, second?.[1] as Float32Array)).toBeLessThan(1e-5);
  });

  test('gives an empty text zeros', async () => {
    const [empty, text] = (await embedder.embed(['', 'text'])) as [Float32Array, Float32Array];
    expect(dot(empty, text)).toBe(0);
    expect(await embedder.embed([''])).toEqual([new Float32Array(embedder.dimensions)]);
    expect(await embedder.embed([])).toEqual([]);
  });

  test('refuses a text that exceeds its window', async () => {
    await expect(embedder.embed(['word '.repeat(400)])).rejects.toThrow(
      /Text 1 of 1 has \d+ tokens; the model sees 128/,
    );
  });

  test.each([
    ['sentences', 'Every piece ends where a sentence ends. '.repeat(80)],
    ['one long sentence', 'and then some more words '.repeat(150)],
    ['one long word', 'abcdefghij'.repeat(500)],
    ['characters of two halves', '😀🎉'.repeat(900)],
    ['no spaces', '这是一个没有空格的长句子'.repeat(60)],
    ['white space', '\n \n\t'.repeat(400)],
    ['short', 'Just this.'],
  ])('chunks %s without losing anything', async (_, text) => {
    const chunks = embedder.chunk(text, 64);
    expect(chunks.join('')).toBe(text);
    expect(await embedder.embed(chunks)).toHaveLength(chunks.length);
  });

  test('chunks evenly, and refuses what needs too many chunks', () => {
    const text = 'Every piece ends where a sentence ends. '.repeat(14);
    const chunks = embedder.chunk(text, 2);
    expect(chunks).toHaveLength(2);
    expect(Math.abs((chunks[0]?.length ?? 0) - (chunks[1]?.length ?? 0))).toBeLessThan(text.length / 6);
    expect(embedder.chunk('', 2)).toEqual([]);
    expect(() => embedder.chunk('word '.repeat(5000), 2)).toThrow('more than 2 pieces of 128 tokens');
  });

  test('has the same digest each time', async () => {
    const again = await loadEmbedder({ modelDir, modelName });
    await again.close();
    expect(again.modelDigest).toBe(embedder.modelDigest);
    expect(embedder.modelDigest).toMatch(/^0x[0-9a-f]{64}$/);
  });
});

test('tells what to do when there is no such model', async () => {
  await expect(loadEmbedder({ modelDir, modelName: 'no-such-model' })).rejects.toThrow('npm run setup');
});
