#!/usr/bin/env python3
"""Measures the format libraries beside their peers and prints one Markdown table: table.py [--quick] [--folder DIRECTORY]

`run` builds what this needs and calls it. All sides take turns in the same run; figures are medians of five. "Cold" means that
the system was asked to forget the input's pages. --quick takes small files, to see that everything works.

Needs numpy, ml_dtypes, gguf and safetensors; llama-cpp-python, if installed, brings ggml's own encoder.
"""

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import gguf
import ml_dtypes
import numpy as np
from safetensors.numpy import load_file, save_file

import gguf_bench
import numpy_bench
import values_bench

HERE = Path(__file__).parent
SEECONV = HERE.parents[2] / ".build/release/seeconv"
RUNS = 5


def row(work, own, peer, ratio, bound):
    print(f"| {work} | {own} | {peer} | {ratio} | {bound} |", flush=True)


def ratio(value):
    return f"{value:.1f}×" if value < 100 else f"{value:.0f}×"


def in_turn(*sides, runs=RUNS):
    """The medians of the sides' seconds, measured in turn."""
    times = [[] for _ in sides]
    for _ in range(runs):
        for column, side in zip(times, sides):
            column.append(side())
    return [statistics.median(column) for column in times]


def wall(body):
    start = time.perf_counter()
    body()
    return time.perf_counter() - start


def forget(path):
    """Asks the system to drop the file's pages from its cache."""
    with open(path, "rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def opening(folder, quick):
    count = 15_200 if quick else 152_000
    path = f"{folder}/vocabulary.gguf"
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
    rng = np.random.default_rng(1)
    tokens = ["".join(rng.choice(letters, size)) + str(i) for i, size in enumerate(rng.integers(2, 14, count))]
    merges = [f"{word[:1]} {word[1:]}" for word in tokens]
    gguf_bench.write(path, {"tokenizer.ggml.tokens": tokens, "tokenizer.ggml.merges": merges}, {})
    own = gguf_bench.Own()
    for state, prepare in [("warm", lambda: None), ("cold", lambda: forget(path))]:
        def ours():
            prepare()
            return own("open", path)[0]

        def theirs():
            prepare()
            return wall(lambda: gguf.GGUFReader(path))

        a, b = in_turn(ours)[0], in_turn(theirs, runs=1 if quick else 3)[0]
        row(f"open a GGUF, {count:,} tokens and merges, {state}", f"{a * 1e3:.1f} ms", f"gguf-py {b * 1e3:,.0f} ms",
            ratio(b / a), "100×, 20 ms")


def halving(folder, quick):
    """F32 to BF16 files."""
    mebibytes = 64 if quick else 1024
    source, target = f"{folder}/f32.safetensors", f"{folder}/bf16.safetensors"
    rng = np.random.default_rng(1)
    save_file({f"layer.{i}": rng.standard_normal((mebibytes << 3, 1024), dtype=np.float32) for i in range(32)}, source)

    def flush(path):
        with open(path, "rb+") as file:
            os.fsync(file.fileno())

    def convert():
        subprocess.run([SEECONV, "convert", source, target, "--dtype", "bf16", "--force", "--quiet"], check=True,
                       stdout=subprocess.DEVNULL)

    def peer():
        save_file({name: tensor.astype(ml_dtypes.bfloat16) for name, tensor in load_file(source).items()}, target)
        flush(target)

    def write():
        with open(target, "wb") as file:
            for _ in range(mebibytes // 2):
                file.write(block)
            file.flush()
            os.fsync(file.fileno())

    block = bytes(1 << 20)
    for state, prepare in [("warm", lambda: Path(source).read_bytes()), ("cold", lambda: forget(source))]:
        def timed(body):
            def run():
                prepare()
                return wall(body)
            return run

        a, b, c = in_turn(timed(convert), timed(peer), timed(write))
        row(f"safetensors F32 → BF16 file, {mebibytes} MiB, {state}, flushed", f"{a:.2f} s",
            f"safetensors and numpy {b:.2f} s; writing the output alone {c:.2f} s",
            f"{ratio(b / a)}; {c / a:.2f} of the rate of writing", "3×; aim 0.8")


def values(folder, quick):
    """Block types on one core, by processor time."""
    data = np.random.default_rng(1).standard_normal(((4 if quick else 64) * 64, 4096)).astype(np.float32)
    data *= np.float32(0.05)
    data.tofile(f"{folder}/values")
    own = subprocess.Popen([HERE / ".build/release/values-bench", f"{folder}/values"], stdin=subprocess.PIPE,
                           stdout=subprocess.PIPE, text=True, bufsize=1)

    def ask(*words):
        own.stdin.write(" ".join(words) + "\n")
        return float(own.stdout.readline())

    few = data[: data.shape[0] // 16]

    def compare(verb, name, peer_name, peer, bound, part):
        a, b = in_turn(lambda: ask(verb, name), lambda: values_bench.timed(peer)[0] * (data.nbytes / part.nbytes))
        row(f"{verb} {name}, one core", f"{data.nbytes / a / 1e9:.2f} GB/s", f"{peer_name} {data.nbytes / b / 1e9:.2f} GB/s",
            ratio(b / a), bound)

    for name in ["Q8_0", "Q4_0"]:
        kind = gguf.GGMLQuantizationType[name]
        compare("encode", name, "gguf-py", lambda: gguf.quantize(data, kind), "4×", data)
    ggml = values_bench.ggml()
    for name in ["Q4_K", "Q6_K"]:
        kind = gguf.GGMLQuantizationType[name]
        if ggml:
            compare("encode", name, "ggml", lambda: ggml(few, kind), "1×, aim 1.5×", few)
        else:
            ask("encode", name)
            row(f"encode {name}, one core", "–", "llama-cpp-python is not installed", "–", "1×, aim 1.5×")
        if name == "Q4_K":
            size = gguf.GGML_QUANT_SIZES[kind][1]
            encoded = np.tile(np.random.default_rng(2).integers(0, 60, size, np.uint8), (data.shape[0], 16))
            compare("decode", name, "gguf-py", lambda: gguf.dequantize(encoded, kind), "4×", data)


def archives(folder, quick):
    mebibytes = 16 if quick else 128
    size = mebibytes << 20
    rng = np.random.default_rng(1)
    arrays = {f"layer.{i}": rng.standard_normal(size // 256, dtype=np.float32).reshape(-1, 64) for i in range(64)}
    path, packed = f"{folder}/stored.npz", f"{folder}/deflated.npz"
    np.savez(path, **arrays)
    own = numpy_bench.Own()
    own("save", "deflate", path, packed)
    for state, prepare in [("warm", lambda: None), ("cold", lambda: forget(packed))]:
        def ours():
            prepare()
            return own("load", packed)[0]

        def theirs():
            prepare()
            return wall(lambda: numpy_bench.load(packed))

        a, b = in_turn(ours, theirs)
        row(f"load deflated npz, 64 members, {mebibytes} MiB, {state}", f"{size / a / 1e9:.2f} GB/s",
            f"numpy {size / b / 1e9:.2f} GB/s", ratio(b / a), "1.8× on two cores")


def memory(folder, quick):
    out = subprocess.run([sys.executable, HERE / "memory_bench.py", "--gib", "0.25" if quick else "4", "--folder", folder, "--seeconv",
                          SEECONV], stdout=subprocess.PIPE, text=True)
    for line in out.stdout.splitlines():
        what, figures = line.split(": ", 1)
        peak, seconds = figures.split(", ")
        measured, bound = peak.removeprefix("peak ").split(" of ")
        row(f"peak memory: {what}", f"{measured}, {seconds}", "–", "–", f"{bound} MiB")


def machine():
    name = next((line.split(": ")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")),
                platform.processor())
    load = os.getloadavg()[0]
    return f"{name}, {os.cpu_count()} cores, {platform.system()} {platform.release()}; load before: {load:.1f}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--folder", default=None)
    options = parser.parse_args()
    print(f"{machine()}; {time.strftime('%Y-%m-%d')}\n")
    print("| work | seeconv | peer in the same run | ratio | must |\n|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        for measure in [opening, halving, values, archives, memory]:
            measure(folder, options.quick)
            for file in Path(folder).iterdir():
                file.unlink()


if __name__ == "__main__":
    main()
