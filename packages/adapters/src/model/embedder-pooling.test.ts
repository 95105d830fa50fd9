import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onnx } from 'onnx-proto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadEmbedder } from './embedder.ts';

/** A minimal model of the usual kind: three words, one table row for each, no pooling of its own. */
const words = ['[pad]', 'north', 'east', 'up'];
const table = Float32Array.from([9, 9, 9, 2, 0, 0, 0, 2, 0, 0, 0, 4]);

const graphOf = (output: string): Uint8Array => {
  const shape = (...sizes: (string | number)[]) => ({
    dim: sizes.map((size) => (typeof size === 'string' ? { dimParam: size } : { dimValue: size })),
  });
  const int64 = { tensorType: { elemType: 7, shape: shape('batch', 'tokens') } };
  return onnx.ModelProto.encode({
    irVersion: 8,
    opsetImport: [{ domain: '', version: 17 }],
    graph: {
      name: 'table',
      node: [{ opType: 'Gather', input: ['table', 'input_ids'], output: [output] }],
      initializer: [{ name: 'table', dims: [4, 3], dataType: 1, rawData: new Uint8Array(table.buffer) }],
      input: [{ name: 'input_ids', type: int64 }],
      output: [{ name: output, type: { tensorType: { elemType: 1, shape: shape('batch', 'tokens', 3) } } }],
    },
  }).finish();
};

const writeModel = (folder: string, output: string): void => {
  mkdirSync(join(folder, 'onnx'), { recursive: true });
  const vocab = Object.fromEntries(words.map((word, id) => [word, id]));
  const tokenizer = {
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: { type: 'WhitespaceSplit' },
    post_processor: null,
    decoder: null,
    model: { type: 'WordPiece', unk_token: '[pad]', continuing_subword_prefix: '##', vocab },
  };
  const config = { pad_token: '[pad]', tokenizer_class: 'PreTrainedTokenizer', model_max_length: 8 };
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ model_type: 'bert' }));
  writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(tokenizer));
  writeFileSync(join(folder, 'tokenizer_config.json'), JSON.stringify(config));
  writeFileSync(join(folder, 'onnx/model.onnx'), graphOf(output));
};

let modelDir: string;
beforeAll(() => {
  modelDir = mkdtempSync(join(tmpdir(), 'assay-model-'));
  writeModel(join(modelDir, 'table'), 'last_hidden_state');
  writeModel(join(modelDir, 'other'), 'logits');
});
afterAll(() => rmSync(modelDir, { recursive: true }));

test('takes the mean over the tokens without padding, at length 1', async () => {
  const embedder = await loadEmbedder({ modelDir, modelName: 'table' });
  const [one, two, three] = await embedder.embed(['up', 'north east', 'north north east up']);
  expect([embedder.dimensions, embedder.maxTokens]).toEqual([3, 8]);
  expect([...(one as Float32Array)]).toEqual([0, 0, 1]);
  expect([...(two as Float32Array)]).toEqual([Math.fround(Math.SQRT1_2), Math.fround(Math.SQRT1_2), 0]);
  expect((three as Float32Array)[0]).toBeCloseTo(4 / 6, 6);
  await embedder.close();
});

test('accepts a path as a name, with the same digest', async () => {
  const byName = await loadEmbedder({ modelDir, modelName: 'table' });
  const byPath = await loadEmbedder({ modelDir: '/nowhere', modelName: join(modelDir, 'table') });
  expect(byPath.modelDigest).toBe(byName.modelDigest);
  await Promise.all([byName.close(), byPath.close()]);
});

test('refuses a model that returns no vectors', async () => {
  await expect(loadEmbedder({ modelDir, modelName: 'other' })).rejects.toThrow(
    'The model gives logits, where one of sentence_embedding, last_hidden_state, token_embeddings is needed.',
  );
});
