#!/usr/bin/env python3
"""Compares reading and writing of safetensors with the reference library, taking turns: safetensors_bench.py [MEBIBYTES [RUNS]]

Needs numpy, safetensors and a release build of safetensors-bench beside this file; prints milliseconds, medians, by the wall
and by processor time, and for data also gigabytes (10^9 bytes) a second. Both sides write without a flush to the disk but
`copy`, which includes it.
"""

import os
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

HERE = Path(__file__).parent


class Own:
    def __init__(self):
        binary = HERE / ".build/release/safetensors-bench"
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


def header_only(path, count, one_range=False):
    """A file of `count` tensors of 8 bytes, over one range or one after the other."""
    ends = [(0, 8)] * count if one_range else [(8 * i, 8 * i + 8) for i in range(count)]
    entries = (f'"model.layers.{i}.weight":{{"dtype":"U8","shape":[8],"data_offsets":[{a},{b}]}}' for i, (a, b) in enumerate(ends))
    text = ("{" + ",".join(entries) + "}").encode()
    Path(path).write_bytes(struct.pack("<Q", len(text)) + text + bytes(ends[-1][1]))


def names(path):
    with safe_open(path, "np") as file:
        return file.keys()


def refuse(path):
    try:
        names(path)
    except Exception:
        return
    raise AssertionError(f"{path} was accepted")


def save(path, tensors):
    """The reference's saving with the flush that the own writer makes."""
    save_file(tensors, path)
    with open(path, "rb+") as file:
        os.fsync(file.fileno())


def main(mebibytes=512, runs=5):
    rng = np.random.default_rng(1)
    tensors = {f"layer.{i}": rng.standard_normal(mebibytes << 14, dtype=np.float32) for i in range(16)}
    size = sum(tensor.nbytes for tensor in tensors.values())
    with tempfile.TemporaryDirectory() as folder:
        small, large, attack, data, out = (f"{folder}/{name}.safetensors" for name in ["small", "large", "attack", "data", "out"])
        header_only(small, 10_000)
        header_only(large, 1_000_000)
        header_only(attack, 1_000_000, one_range=True)
        save_file(tensors, data)
        own = Own()
        own("copy", data, out)
        assert Path(out).read_bytes() == Path(data).read_bytes()
        cases = [
            ("open 10,000 tensors", 0, lambda: own("open", small), lambda: timed(lambda: names(small))),
            ("open 1,000,000", 0, lambda: own("open", large), lambda: timed(lambda: names(large))),
            ("refuse 1,000,000", 0, lambda: own("refuse", attack), lambda: timed(lambda: refuse(attack))),
            ("stream", size, lambda: own("stream", data), None),
            ("load", size, lambda: own("load", data), lambda: timed(lambda: load_file(data))),
            ("copy", size, lambda: own("copy", data, out), lambda: timed(lambda: save(out, tensors))),
        ]
        for name, count, ours, theirs in cases:
            times = ([], [])
            for _ in range(runs):
                times[0].append(ours())
                if theirs:
                    times[1].append(theirs())
            medians = [[statistics.median(t) for t in zip(*side)] for side in times if side]

            def words(wall, processor):
                rate = f", {count / 1e9 / wall:5.2f} GB/s" if count else ""
                return f"{wall * 1e3:8.1f} ms (processor {processor * 1e3:7.1f}{rate})"

            line = f"{name:20} own {words(*medians[0])}"
            if theirs:
                line += f"  reference {words(*medians[1])}  ratio {medians[1][0] / medians[0][0]:5.2f}"
            print(f"{line}  own peak {own.peak():.0f} MB")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
