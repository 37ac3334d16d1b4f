#!/usr/bin/env python3
"""Compares reading and writing of .npz archives with NumPy's, taking turns: numpy_bench.py [MEBIBYTES [RUNS]]

Needs numpy and a release build of numpy-bench beside this file; prints gigabytes (10^9 bytes of arrays) a second, medians,
by the wall and by processor time. Writing includes the flush to the disk for numpy-bench, and not for NumPy.
"""

import statistics
import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent


class Own:
    def __init__(self):
        binary = HERE / ".build/release/numpy-bench"
        self.process = subprocess.Popen([binary], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def __call__(self, *words):
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        return tuple(map(float, self.process.stdout.readline().split()))


def timed(body):
    wall, processor = time.perf_counter(), time.process_time()
    body()
    return time.perf_counter() - wall, time.process_time() - processor


def load(path):
    with np.load(path) as archive:
        return [archive[name] for name in archive.files]


def inflate(packed):
    for block in packed:
        zlib.decompress(block, -15)


def main(mebibytes=128, runs=5):
    own = Own()
    size = mebibytes << 20
    rng = np.random.default_rng(1)
    arrays = {f"layer.{i}": rng.standard_normal(size // 32, dtype=np.float32).reshape(-1, 64) for i in range(8)}
    with tempfile.TemporaryDirectory() as folder:
        stored, deflated, zstd, out = (f"{folder}/{name}.npz" for name in ["stored", "deflated", "zstd", "out"])
        np.savez(stored, **arrays)
        own("save", "deflate", stored, deflated)
        own("save", "zstd", stored, zstd)
        for ours, theirs in zip(load(deflated), load(stored)):
            assert ours.dtype == theirs.dtype and np.array_equal(ours, theirs)
        packed = []
        for array in arrays.values():
            packer = zlib.compressobj(6, zlib.DEFLATED, -15)
            packed.append(packer.compress(array.tobytes()) + packer.flush())
        cases = [
            ("load stored", lambda: own("load", stored), lambda: timed(lambda: load(stored))),
            ("stream stored", lambda: own("stream", stored), lambda: timed(lambda: load(stored))),
            ("read located", lambda: own("map", stored), None),
            ("load deflate", lambda: own("load", deflated), lambda: timed(lambda: load(deflated))),
            ("stream deflate", lambda: own("stream", deflated), lambda: timed(lambda: inflate(packed))),
            ("load zstd", lambda: own("load", zstd), None),
            ("save stored", lambda: own("save", "stored", stored, out), lambda: timed(lambda: np.savez(out, **arrays))),
            ("save deflate", lambda: own("save", "deflate", stored, out), lambda: timed(lambda: np.savez_compressed(out, **arrays))),
        ]
        for name, ours, theirs in cases:
            times = ([], [])
            for _ in range(1 if name == "save deflate" else runs):
                times[0].append(ours())
                if theirs:
                    times[1].append(theirs())
            rates = [[size / 1e9 / statistics.median(t) for t in zip(*side)] for side in times if side]
            line = f"{name:15} own {rates[0][0]:6.2f} GB/s (processor {rates[0][1]:5.2f})"
            if theirs:
                peer = "zlib " if name == "stream deflate" else "numpy"
                line += f"  {peer} {rates[1][0]:6.2f} ({rates[1][1]:5.2f})  ratio {rates[0][0] / rates[1][0]:5.2f}"
            print(line)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
