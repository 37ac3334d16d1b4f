#!/usr/bin/env python3
"""Writes a table of any size with a realistic spectrum as one safetensors file, block by block.

    scale_table.py OUT.safetensors --rows 128256 --columns 4096 [--type F32|BF16]

Row v is s_v · (z_v · diag(σ)) · H with normal z_v, σ_j² ∝ (j + 8)^-0.75, a log-normal length s_v, and H a product of
sixteen Householder reflections, which mixes all columns at the cost of a few vector operations a row.
"""
import argparse
import json
import struct

import numpy


def write_table(out, rows, columns, kind="F32", seed=1):
    """Writes the table to the file `out`; `kind` is F32 or BF16."""
    size = rows * columns * {"F32": 4, "BF16": 2}[kind]
    entry = {"dtype": kind, "shape": [rows, columns], "data_offsets": [0, size]}
    header = json.dumps({"model.embed_tokens.weight": entry}).encode()
    header += b" " * (-len(header) % 8)

    random = numpy.random.default_rng(seed)
    deviations = ((numpy.arange(columns) + 8.0) ** -0.375).astype(numpy.float32)
    reflectors = random.standard_normal((16, columns)).astype(numpy.float32)
    reflectors /= numpy.linalg.norm(reflectors, axis=1, keepdims=True)
    with open(out, "wb") as file:
        file.write(struct.pack("<Q", len(header)) + header)
        for first in range(0, rows, 1024):
            count = min(1024, rows - first)
            block = random.standard_normal((count, columns), dtype=numpy.float32) * deviations
            for reflector in reflectors:
                block -= numpy.outer(2 * (block @ reflector), reflector)
            block *= 0.05 * numpy.exp(0.25 * random.standard_normal((count, 1), dtype=numpy.float32))
            if kind == "BF16":
                bits = block.view(numpy.uint32)
                block = ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype("<u2")
            file.write(block.tobytes())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out")
    parser.add_argument("--rows", type=int, default=128256)
    parser.add_argument("--columns", type=int, default=4096)
    parser.add_argument("--type", choices=["F32", "BF16"], default="F32")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    write_table(options.out, options.rows, options.columns, options.type, options.seed)


if __name__ == "__main__":
    main()
