"""Writes what only ggml itself can tell, not gguf: ggml_errors.txt, the squared error that its encoder makes in the K types, on
values that the tests repeat; and ggml_digests.txt, like digests.txt.

    pip install numpy gguf && pip install --no-binary llama-cpp-python llama-cpp-python && python make_ggml.py
"""

import ctypes
import pathlib

import gguf
import llama_cpp
import numpy as np

from make_block_types import BLOCKS, HERE, digest, float_bits, random_values, split_mix, sums_of_fields

library = ctypes.CDLL(str(pathlib.Path(llama_cpp.__file__).parent / "lib/libggml-base.so"))
library.ggml_quantize_chunk.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p] + [ctypes.c_int64] * 3 + [ctypes.c_void_p]
# Type number, values and bytes of a block.
NEWER = dict(NVFP4=(40, 64, 36), Q1_0=(41, 128, 18), Q2_0=(42, 64, 18))


def encode(values, number, elements, size):
    blocks = np.empty((values.size // elements, size), np.uint8)
    library.ggml_quantize_chunk(number, values.ctypes.data, blocks.ctypes.data, 0, values.size // 256, 256, None)
    return blocks


def decode(blocks, name, elements):
    values = np.empty(len(blocks) * elements, np.float32)
    function = getattr(library, f"dequantize_row_{name.lower()}")
    function(ctypes.c_void_p(blocks.ctypes.data), ctypes.c_void_p(values.ctypes.data), ctypes.c_int64(values.size))
    return values


normal = sums_of_fields(64 * 256).astype(np.float32) * np.float32(2.0**-17)
lines = []
for label, values in ("normal", normal), ("heavy", normal * normal * normal), ("positive", np.abs(normal) + np.float32(1)):
    for name in "Q2_K Q3_K Q4_K Q5_K Q6_K".split():
        kind = gguf.GGMLQuantizationType[name]
        blocks = encode(values, int(kind), *gguf.GGML_QUANT_SIZES[kind])
        error = np.sum((gguf.dequantize(blocks, kind).ravel() - values).astype(np.float64) ** 2)
        lines.append(f"{label} {name} {error:.6e}")
(HERE / "ggml_errors.txt").write_text("\n".join(lines) + "\n")

lines = []
for name, (number, elements, size) in NEWER.items():
    blocks = split_mix(1, BLOCKS * size // 8).view(np.uint8).reshape(-1, size)
    lines.append(f"decode {name} {digest(float_bits(decode(blocks, name, elements)))}")
    lines.append(f"encode {name} {digest(encode(random_values(BLOCKS * 256), number, elements, size))}")
(HERE / "ggml_digests.txt").write_text("\n".join(lines) + "\n")
