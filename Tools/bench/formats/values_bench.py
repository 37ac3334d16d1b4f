#!/usr/bin/env python3
"""Compares conversions of block types with gguf (Python) and ggml's own encoder: values_bench.py [MEBIBYTES [RUNS]]

Needs numpy, gguf and a release build of values-bench beside this file; llama-cpp-python, if installed, brings ggml. All sides
convert the same F32 values on one core and take turns; prints gigabytes (10^9 bytes) of F32 a second of processor time,
medians.
"""

import ctypes
import importlib.util
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import gguf
import numpy as np

HERE = Path(__file__).parent
BOTH = "Q8_0 Q4_0 Q4_1 Q5_0 Q5_1 BF16 F16 TQ1_0 TQ2_0 MXFP4".split()
K = "Q2_K Q3_K Q4_K Q5_K Q6_K".split()
DECODED = "NVFP4 IQ4_NL IQ4_XS IQ3_S IQ3_XXS IQ2_S IQ2_XS IQ2_XXS IQ1_M IQ1_S".split()


def ggml():
    """A function that encodes with ggml, or None."""
    package = importlib.util.find_spec("llama_cpp")
    if package is None:
        return None
    library = ctypes.CDLL(str(Path(package.origin).parent / "lib/libggml-base.so"))
    chunk = library.ggml_quantize_chunk
    chunk.restype = ctypes.c_size_t
    chunk.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p] + [ctypes.c_int64] * 3 + [ctypes.c_void_p]

    def encode(values, kind):
        elements, size = gguf.GGML_QUANT_SIZES[kind]
        out = np.empty((values.shape[0], values.shape[1] // elements * size), np.uint8)
        chunk(int(kind), values.ctypes.data, out.ctypes.data, 0, *values.shape, None)
        return out

    return encode


def timed(body):
    start = time.process_time()
    result = body()
    return time.process_time() - start, result


def main():
    mebibytes, runs = (int(word) for word in (sys.argv[1:] + ["64", "5"][len(sys.argv) - 1:]))
    values = np.random.default_rng(1).standard_normal((mebibytes * 64, 4096)).astype(np.float32) * np.float32(0.05)
    peer = ggml()
    with tempfile.TemporaryDirectory() as folder:
        values.tofile(f"{folder}/values")
        own = subprocess.Popen([HERE / ".build/release/values-bench", f"{folder}/values"],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

        def ask(*words):
            own.stdin.write(" ".join(words) + "\n")
            return float(own.stdout.readline())

        def compare(label, *sides):
            rates = [[] for _ in sides]
            for _ in range(runs):
                for rate, side in zip(rates, sides):
                    rate.append(side())
            rates = [values.nbytes / statistics.median(rate) / 1e9 for rate in rates]
            return f"{label:16}{rates[0]:8.2f}" + "".join(f"{rate:8.3f} ({rates[0] / rate:6.1f}x)" for rate in rates[1:])

        print(f"kernels: {os.environ.get('SEECONV_KERNELS', 'best')}; columns: seeconv, gguf or ggml (ratio)")
        few = values[: max(16, values.shape[0] // 16)]
        for name in BOTH:
            kind = gguf.GGMLQuantizationType[name]
            # gguf is slow at these: a part, scaled up.
            part = few if name in ("MXFP4", "TQ1_0") else values
            scale = values.nbytes / part.nbytes
            print(compare("encode " + name, lambda: ask("encode", name), lambda: timed(lambda: gguf.quantize(part, kind))[0] * scale))
            encoded = gguf.quantize(few, kind).repeat(values.shape[0] // few.shape[0], axis=0)
            print(compare("decode " + name, lambda: ask("decode", name), lambda: timed(lambda: gguf.dequantize(encoded, kind))[0]))
        for name in K:
            kind = gguf.GGMLQuantizationType[name]
            if peer:
                scale = values.nbytes / few.nbytes
                print(compare("encode " + name, lambda: ask("encode", name), lambda: timed(lambda: peer(few, kind))[0] * scale))
            else:
                ask("encode", name)
            encoded = np.tile(np.random.default_rng(2).integers(0, 60, gguf.GGML_QUANT_SIZES[kind][1], np.uint8), (values.shape[0], 16))
            print(compare("decode " + name, lambda: ask("decode", name), lambda: timed(lambda: gguf.dequantize(encoded, kind))[0]))
        for name in DECODED:
            kind = gguf.GGMLQuantizationType[name]
            elements, size = gguf.GGML_QUANT_SIZES[kind]
            encoded = np.random.default_rng(2).integers(0, 60, (values.shape[0], 4096 // elements * size), np.uint8)
            encoded.tofile(f"{folder}/bytes")
            own.stdin.write(f"bytes {folder}/bytes\n")
            scale = values.nbytes / few.nbytes
            print(compare("decode " + name, lambda: ask("decode", name),
                          lambda: timed(lambda: gguf.dequantize(encoded[: few.shape[0]], kind))[0] * scale))


if __name__ == "__main__":
    main()
