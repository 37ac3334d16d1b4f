#!/usr/bin/env python3
"""Compares opening and copying of GGUF files with gguf-py, taking turns: gguf_bench.py [TOKENS [MEBIBYTES [RUNS]]]

Needs gguf and a release build of gguf-bench beside this file; prints milliseconds, medians, by the wall and by processor
time. The vocabulary has TOKENS tokens and as many merges, which gguf-py makes objects of; the copied file has MEBIBYTES of
F32. Copies include the flush to the disk for gguf-bench, and not for gguf-py.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from gguf import GGUFReader, GGUFWriter

HERE = Path(__file__).parent


class Own:
    def __init__(self):
        binary = HERE / ".build/release/gguf-bench"
        self.process = subprocess.Popen([binary], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def __call__(self, *words):
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        return tuple(map(float, self.process.stdout.readline().split()))

    def peak(self):
        """The most memory that the program has held so far, in MB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) / 1000


def timed(body):
    wall, processor = time.perf_counter(), time.process_time()
    body()
    return time.perf_counter() - wall, time.process_time() - processor


def write(path, metadata, tensors):
    writer = GGUFWriter(path, "llama")
    for key, values in metadata.items():
        writer.add_array(key, values)
    for name, values in tensors.items():
        writer.add_tensor(name, values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def copy(source, target):
    reader = GGUFReader(source)
    write(target, {}, {tensor.name: tensor.data for tensor in reader.tensors})


def show(what, runs):
    wall, processor = (statistics.median(column) * 1e3 for column in zip(*runs))
    print(f"{what:44} {wall:10.2f} {processor:10.2f}")


def main(count=152_000, mebibytes=256, runs=5):
    own = Own()
    rng = np.random.default_rng(1)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
    words = ["".join(rng.choice(letters, size)) for size in rng.integers(2, 14, count)]
    tokens = [f"{word}{i}" for i, word in enumerate(words)]
    merges = [f"{word[:1]} {word[1:]}" for word in tokens]
    with tempfile.TemporaryDirectory() as folder:
        vocabulary, weights, target = (f"{folder}/{name}.gguf" for name in ["vocabulary", "weights", "target"])
        write(vocabulary, {"tokenizer.ggml.tokens": tokens, "tokenizer.ggml.merges": merges}, {})
        rows = mebibytes << 10
        values = rng.standard_normal((rows // 16, 256), dtype=np.float32)
        write(weights, {}, {f"blk.{i}.weight": values for i in range(16)})
        own("open", weights)

        print(f"{'':44} {'wall ms':>10} {'CPU ms':>10}")
        before = own.peak()
        first = own("open", vocabulary)
        print(f"{'own open, first time; memory +':44} {first[0] * 1e3:10.2f} {first[1] * 1e3:10.2f}"
              f"   {own.peak() - before:.1f} MB for {Path(vocabulary).stat().st_size / 1e6:.1f} MB")
        results = {}
        for run in range(runs):
            for name, body in {
                "own open": lambda: own("open", vocabulary),
                "own open and walk the tokens": lambda: own("strings", vocabulary, "tokenizer.ggml.tokens"),
                "own copy": lambda: own("copy", weights, target),
                "gguf-py copy": lambda: timed(lambda: copy(weights, target)),
            }.items():
                results.setdefault(name, []).append(body())
            if run < 2:
                results.setdefault("gguf-py open", []).append(timed(lambda: GGUFReader(vocabulary)))
        for name, figures in results.items():
            show(name, figures)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
