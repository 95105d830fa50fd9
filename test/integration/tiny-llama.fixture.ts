/** A Llama model of eight tokens and two layers with numbers of a seed, and what its formulas give. */
import { sha256Hex, utf8 } from '@assay/protocol/encoding/bytes';

type Matrix = readonly (readonly number[])[];

const letters = 'abcdefgh';
const depth = 4;
const heads = 4;
const keyHeads = 2;
const width = heads * depth;
const wide = 24;
const epsilon = 1e-5;
const rotaryBase = 10_000;

/** What a GGUF file says of its tokenizer. The ninth token ends a text, and is never likely. */
export const tinyMetadata = {
  'tokenizer.ggml.model': 'gpt2',
  'tokenizer.ggml.pre': 'gpt-2',
  'tokenizer.ggml.tokens': [...letters.split(''), '<end>'],
  'tokenizer.ggml.token_type': [...letters.split('').map(() => 1), 3],
  'tokenizer.ggml.merges': [],
  'tokenizer.ggml.bos_token_id': 8,
  'tokenizer.ggml.eos_token_id': 8,
};

/** The tokens of a text of the letters a to h. */
export const tokensOf = (text: string): number[] => text.split('').map((letter) => letters.indexOf(letter));

/** Numbers that 16-bit floats hold exactly. */
function matrix(name: string, rows: number, columns: number): Matrix {
  const number = (place: string) => (Number.parseInt(sha256Hex(utf8(place)).slice(2, 6), 16) % 513) / 256 - 1;
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: columns }, (__, column) => number(`${name} ${row} ${column}`) / 2),
  );
}

const ones = (length: number) => Array.from({ length }, () => 1);
const embeddings = matrix('embeddings', 9, width).map((row, token) => (token === 8 ? row.map(() => 0) : row));
const layers = [0, 1].map((layer) => ({
  query: matrix(`query ${layer}`, width, width),
  key: matrix(`key ${layer}`, width, keyHeads * depth),
  value: matrix(`value ${layer}`, width, keyHeads * depth),
  merge: matrix(`merge ${layer}`, width, width),
  gate: matrix(`gate ${layer}`, width, wide),
  widen: matrix(`widen ${layer}`, width, wide),
  narrow: matrix(`narrow ${layer}`, wide, width),
}));

const half = (rows: Matrix) => ({
  dims: [rows.length, rows[0]?.length ?? 0],
  bytes: new Uint8Array(Float16Array.from(rows.flat()).buffer),
  half: true,
});
const vector = (values: readonly number[]) => ({
  dims: [values.length],
  bytes: new Uint8Array(Float32Array.from(values).buffer),
});

/** Shape and weights in the form of the graph's writer. */
export const tinyLlama = {
  shape: { vocabulary: 9, width, heads, keyHeads, depth, epsilon, rotaryBase, tokensMax: 256 },
  weights: {
    embeddings: half(embeddings),
    layers: layers.map((layer) => ({
      ...Object.fromEntries(Object.entries(layer).map(([name, rows]) => [name, half(rows)])),
      attentionNorm: vector(ones(width)),
      forwardNorm: vector(ones(width)),
    })),
    norm: vector(ones(width)),
  },
};

const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, one, at) => sum + one * (b[at] ?? 0), 0);
const times = (row: readonly number[], rows: Matrix) =>
  (rows[0] ?? []).map((_, column) => row.reduce((sum, one, at) => sum + one * (rows[at]?.[column] ?? 0), 0));
const plus = (a: readonly number[], b: readonly number[]) => a.map((one, at) => one + (b[at] ?? 0));
const normed = (row: readonly number[]) => {
  const root = Math.sqrt(dot(row, row) / row.length + epsilon);
  return row.map((one) => one / root);
};
const headOf = (row: readonly number[], head: number) => row.slice(head * depth, (head + 1) * depth);

function rotated(row: readonly number[], position: number): number[] {
  return row.map((one, at) => {
    const place = at % (depth / 2);
    const angle = position * rotaryBase ** ((-2 * place) / depth);
    const other = at < depth / 2 ? -(row[at + depth / 2] ?? 0) : (row[at - depth / 2] ?? 0);
    return one * Math.cos(angle) + other * Math.sin(angle);
  });
}

function attended(layer: (typeof layers)[number], rows: Matrix): Matrix {
  const inputs = rows.map(normed);
  const [queries = [], keys = [], values = []] = [layer.query, layer.key, layer.value].map((part) =>
    inputs.map((row) => times(row, part)),
  );
  return rows.map((_, position) => {
    const mixed = Array.from({ length: heads }, (__, head) => {
      const group = Math.floor(head / (heads / keyHeads));
      const query = rotated(headOf(queries[position] ?? [], head), position);
      const earlier = keys.slice(0, position + 1);
      const scores = earlier.map((key, at) => dot(query, rotated(headOf(key, group), at)) / Math.sqrt(depth));
      const shares = scores.map((score) => Math.exp(score - Math.max(...scores)));
      const whole = shares.reduce((sum, one) => sum + one, 0);
      return Array.from({ length: depth }, (___, at) =>
        shares.reduce((sum, share, place) => sum + (share / whole) * (headOf(values[place] ?? [], group)[at] ?? 0), 0),
      );
    });
    return times(mixed.flat(), layer.merge);
  });
}

/** The logits after the last of some tokens. */
export function logitsOf(tokens: readonly number[]): number[] {
  let rows: Matrix = tokens.map((token) => embeddings[token] ?? []);
  for (const layer of layers) {
    const looked = attended(layer, rows);
    rows = rows.map((row, at) => {
      const sum = plus(row, looked[at] ?? []);
      const input = normed(sum);
      const gate = times(input, layer.gate).map((one) => one / (1 + Math.exp(-one)));
      const opened = times(input, layer.widen).map((one, place) => one * (gate[place] ?? 0));
      return plus(sum, times(opened, layer.narrow));
    });
  }
  const last = normed(rows.at(-1) ?? []);
  return embeddings.map((row) => dot(row, last));
}
