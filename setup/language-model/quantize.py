"""
Writes a GGUF file whose weights are those of 2-bit quantisation, for `assay bench inference`. llama.cpp's own quantizer
keeps 4 bits or more where a matrix has rows that are no multiple of 256 values, as small models have. Here blocks of 256
go on across rows. The values are stored as 16-bit floats, so that every server reads the file. It needs the packages
llama-cpp-python and gguf.

    python setup/language-model/quantize.py model-f16.gguf model-2-bit.gguf

By default with llama.cpp's recipe for Q2_K: 2 bits, and 3 for values and outputs of the attention and for the second
matrix of the feed-forward layers. `--all-layers`: 2 bits for all of these. Embeddings get 6 bits in both.
"""

import argparse
import ctypes
import glob
import os
import shutil

import gguf
import llama_cpp
import numpy as np
from gguf import GGMLQuantizationType as Type
from gguf.quants import dequantize

BLOCK = 256
THREE_BITS = ("attn_v", "attn_output", "ffn_down")


def quantizer():
    folder = os.path.join(os.path.dirname(llama_cpp.__file__), "lib")
    library = ctypes.CDLL(glob.glob(os.path.join(folder, "libggml-base.*"))[0])
    function = library.ggml_quantize_chunk
    function.restype = ctypes.c_size_t
    function.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p] + [ctypes.c_int64] * 3 + [ctypes.c_void_p]
    return function


def type_of(name, all_layers):
    if "embd" in name or name.startswith("output"):
        return Type.Q6_K
    return Type.Q3_K if not all_layers and any(part in name for part in THREE_BITS) else Type.Q2_K


def quantized(quantize, values, type):
    """The values after quantisation and back, and the bits of the quantised form."""
    rows = np.ascontiguousarray(values.astype(np.float32).reshape(-1, BLOCK))
    packed = np.zeros((len(rows), gguf.GGML_QUANT_SIZES[type][1]), dtype=np.uint8)
    written = quantize(int(type), rows.ctypes.data, packed.ctypes.data, 0, len(rows), BLOCK, None)
    if written != packed.nbytes:
        raise RuntimeError(f"{type.name}: {written} bytes written, {packed.nbytes} expected")
    return dequantize(packed, type).reshape(values.shape), 8 * packed.nbytes


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", help="a GGUF file with weights as F16")
    parser.add_argument("target", help="the file to write")
    parser.add_argument("--all-layers", action="store_true", help="2 bits for all matrices of the layers")
    options = parser.parse_args()
    shutil.copyfile(options.source, options.target)
    reader = gguf.GGUFReader(options.target, "r+")
    quantize = quantizer()
    count = bits = 0
    for tensor in reader.tensors:
        if tensor.tensor_type != Type.F16 or tensor.data.size % BLOCK != 0:
            continue
        type = type_of(tensor.name, options.all_layers)
        values, packed_bits = quantized(quantize, tensor.data, type)
        tensor.data[...] = values.astype(np.float16)
        if type != Type.Q6_K:
            count, bits = count + tensor.data.size, bits + packed_bits
    reader.data.flush()
    print(f"{options.target}: {bits / count:.2f} bits a weight in the layers")


if __name__ == "__main__":
    main()
