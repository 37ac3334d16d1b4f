#!/usr/bin/env python3
"""Measures the peak memory of converting and importing a large checkpoint.

    memory_bench.py [--gib 4] [--folder DIRECTORY] [--seeconv PATH]

Makes a sharded safetensors checkpoint of random F32 matrices with a vocabulary table (deleted afterwards), converts it to
BF16 safetensors, to Q4_K GGUF in shards, to npz, and imports it. Prints the peak resident memory of each, as the
kernel reports it (ru_maxrss), and the time. Exits 1 where a conversion takes more than 100 MiB or an import more than 150.

Needs numpy, Linux, and twice the checkpoint's size of disk.
"""

import argparse
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SHARD = 1 << 30
ROWS, COLUMNS = 8192, 4096


def matrix(seed, rows):
    """An F32 matrix of random values."""
    import numpy as np

    values = np.random.default_rng(seed).integers(-(1 << 15), 1 << 15, rows * COLUMNS, dtype=np.int16)
    return (values.astype(np.float32) * np.float32(2**-18)).data


def write_checkpoint(folder, size):
    """A directory with an index, shards of about a gibibyte and a configuration."""
    tensors = [("model.embed_tokens.weight", 32_000)]
    while sum(rows for _, rows in tensors) * COLUMNS * 4 < size:
        tensors.append((f"model.layers.{len(tensors) - 1}.mlp.up_proj.weight", ROWS))
    shards, used = [[]], 0
    for name, rows in tensors:
        if used + rows * COLUMNS * 4 > SHARD and shards[-1]:
            shards.append([])
            used = 0
        shards[-1].append((name, rows))
        used += rows * COLUMNS * 4
    places = {}
    for number, members in enumerate(shards, 1):
        name = f"model-{number:05}-of-{len(shards):05}.safetensors"
        header, end = {}, 0
        for tensor, rows in members:
            begin, end = end, end + rows * COLUMNS * 4
            header[tensor] = {"dtype": "F32", "shape": [rows, COLUMNS], "data_offsets": [begin, end]}
            places[tensor] = name
        text = json.dumps(header).encode()
        text += b" " * (-len(text) % 8)
        with open(folder / name, "wb") as file:
            file.write(struct.pack("<Q", len(text)) + text)
            for seed, (_, rows) in enumerate(members):
                file.write(matrix(seed, rows))
    total = sum(rows for _, rows in tensors) * COLUMNS * 4
    index = {"metadata": {"total_size": total}, "weight_map": places}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    configuration = {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "vocab_size": 32_000, "hidden_size": COLUMNS}
    (folder / "config.json").write_text(json.dumps(configuration))


def measure(command):
    """Seconds and peak resident bytes of a command."""
    start = time.perf_counter()
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{command} failed")
    return time.perf_counter() - start, usage.ru_maxrss * 1024


def main():
    root = Path(__file__).resolve().parents[3]
    parser = argparse.ArgumentParser()
    parser.add_argument("--gib", type=float, default=4)
    parser.add_argument("--folder", default=None)
    parser.add_argument("--seeconv", default=root / ".build/release/seeconv")
    parser.add_argument("--generate", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.generate:
        write_checkpoint(Path(options.generate), int(options.gib * (1 << 30)))
        return
    exceeded = False
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        model = folder / "model"
        model.mkdir()
        # In a process of its own: the kernel counts what a parent holds as the peak of its child.
        subprocess.run([sys.executable, __file__, "--gib", str(options.gib), "--generate", model], check=True)
        total = sum(file.stat().st_size for file in model.glob("*.safetensors"))
        jobs = [
            ("convert to BF16 safetensors, shards of 1 GB", 100,
             ["convert", model, folder / "out" / "bf16.safetensors", "--dtype", "bf16", "--shard-size", "1GB"]),
            ("convert to Q4_K GGUF, split at 1 GB", 100,
             ["convert", model, folder / "out" / "q4.gguf", "--dtype", "q4_k", "--shard-size", "1GB"]),
            ("convert to Q8_0 GGUF, one file", 100,
             ["convert", model, folder / "out" / "q8.gguf", "--dtype", "q8_0"]),
            ("convert to F16 npz, stored", 100, ["convert", model, folder / "out" / "h.npz", "--dtype", "f16"]),
            ("import", 150, ["import", model, "-o", folder / "out" / "work"]),
            ("verify --structure", 100, ["verify", "--structure", model]),
        ]
        for what, bound, arguments in jobs:
            (folder / "out").mkdir()
            seconds, peak = measure([options.seeconv, *arguments, "--quiet"])
            shutil.rmtree(folder / "out")
            mebibytes = peak / (1 << 20)
            exceeded |= mebibytes > bound
            size = f"{total / (1 << 30):.1f} GiB"
            print(f"{what}, {size}: peak {mebibytes:.1f} MiB of {bound}, {seconds:.1f} s", flush=True)
    sys.exit(exceeded)


if __name__ == "__main__":
    main()
