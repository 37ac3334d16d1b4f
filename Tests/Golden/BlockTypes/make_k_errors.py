"""Writes k_errors.txt: the squared error that ggml's own encoder makes in the K types, on values that the tests repeat.

    pip install numpy gguf && pip install --no-binary llama-cpp-python llama-cpp-python && python make_k_errors.py
"""

import ctypes
import pathlib

import gguf
import llama_cpp
import numpy as np

from make_block_types import HERE, sums_of_fields

library = ctypes.CDLL(str(pathlib.Path(llama_cpp.__file__).parent / "lib/libggml-base.so"))
encode = library.ggml_quantize_chunk
encode.restype = ctypes.c_size_t
encode.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p] + [ctypes.c_int64] * 3 + [ctypes.c_void_p]

normal = sums_of_fields(64 * 256).astype(np.float32) * np.float32(2.0**-17)
lines = []
for label, values in ("normal", normal), ("heavy", normal * normal * normal), ("positive", np.abs(normal) + np.float32(1)):
    for name in "Q2_K Q3_K Q4_K Q5_K Q6_K".split():
        kind = gguf.GGMLQuantizationType[name]
        blocks = np.empty((64, gguf.GGML_QUANT_SIZES[kind][1]), np.uint8)
        encode(int(kind), values.ctypes.data, blocks.ctypes.data, 0, 64, 256, None)
        error = np.sum((gguf.dequantize(blocks, kind).ravel() - values).astype(np.float64) ** 2)
        lines.append(f"{label} {name} {error:.6e}")
(HERE / "k_errors.txt").write_text("\n".join(lines) + "\n")
