/** Writes an ONNX file node by node. The same calls give the same bytes on every machine. */
import onnxProto from 'onnx-proto';

const { onnx } = onnxProto;
const { DataType } = onnx.TensorProto;
const { AttributeType } = onnx.AttributeProto;

/** The operator set version of the nodes; the first one with LayerNormalization. */
const operatorSet = 17;
const fileRevision = 8;

/** Collects nodes and constants; each call returns the name of its result, for use as an input. */
export class OnnxWriter {
  #nodes = [];
  #constants = new Map();

  /** Adds one operator with one output, or with `outputs` outputs. */
  node(operator, inputs, attributes = {}, outputs = 1) {
    const name = `${operator}_${this.#nodes.length}`;
    const output = outputs === 1 ? [name] : Array.from({ length: outputs }, (_, index) => `${name}_${index}`);
    const attribute = Object.entries(attributes).map(([key, value]) => attributeOf(key, value));
    this.#nodes.push({ name, opType: operator, input: inputs, output, attribute });
    return outputs === 1 ? name : output;
  }

  /** Adds a tensor of 32-bit floats from its little-endian bytes; with `half`, of 16-bit ones, which are widened. */
  tensor(name, { dims, bytes, half = false }) {
    if (!half) return this.#constant(name, dims, DataType.FLOAT, bytes);
    return this.node('Cast', [this.#constant(name, dims, DataType.FLOAT16, bytes)], { to: DataType.FLOAT });
  }

  /** Adds one 32-bit float. */
  float(value) {
    const bytes = Buffer.alloc(4);
    bytes.writeFloatLE(value);
    return this.#constant(`float ${value}`, [], DataType.FLOAT, bytes);
  }

  /** Adds a list of 64-bit integers (shapes, axes). */
  integers(...values) {
    return this.#constant(`integers ${values.join(' ')}`, [values.length], DataType.INT64, integerBytes(values));
  }

  /** Adds one 64-bit integer without a dimension. */
  integer(value) {
    return this.#constant(`integer ${value}`, [], DataType.INT64, integerBytes([value]));
  }

  /** Renames the last output to `output` and encodes the whole model. */
  encode({ name, inputs, output, last }) {
    return this.encodeAll({ name, inputs, outputs: [{ ...output, last }] });
  }

  /** The same with several outputs, each with the result that it has in `last`. An input has integers unless `floats`. */
  encodeAll({ name, inputs, outputs }) {
    for (const output of outputs)
      this.#nodes.push({
        name: output.name,
        opType: 'Identity',
        input: [output.last],
        output: [output.name],
        attribute: [],
      });
    const model = {
      irVersion: fileRevision,
      producerName: 'assay',
      opsetImport: [{ domain: '', version: operatorSet }],
      graph: {
        name,
        node: this.#nodes,
        initializer: [...this.#constants.values()],
        input: inputs.map((input) => valueInfo(input, input.floats ? DataType.FLOAT : DataType.INT64)),
        output: outputs.map((output) => valueInfo(output, DataType.FLOAT)),
      },
    };
    return Buffer.from(onnx.ModelProto.encode(onnx.ModelProto.create(model)).finish());
  }

  #constant(name, dims, dataType, rawData) {
    if (!this.#constants.has(name)) this.#constants.set(name, { name, dims, dataType, rawData });
    return name;
  }
}

function integerBytes(values) {
  const bytes = Buffer.alloc(8 * values.length);
  for (const [index, value] of values.entries()) bytes.writeBigInt64LE(BigInt(value), 8 * index);
  return bytes;
}

/** An attribute: an array is a list of integers, a whole number an integer, `{ float }` a float. */
function attributeOf(name, value) {
  if (Array.isArray(value)) return { name, type: AttributeType.INTS, ints: value };
  if (typeof value === 'object') return { name, type: AttributeType.FLOAT, f: value.float };
  return { name, type: AttributeType.INT, i: value };
}

/** A named input or output; a dimension given as text is free. */
function valueInfo({ name, dims }, elemType) {
  const dim = dims.map((size) => (typeof size === 'string' ? { dimParam: size } : { dimValue: size }));
  return { name, type: { tensorType: { elemType, shape: { dim } } } };
}
