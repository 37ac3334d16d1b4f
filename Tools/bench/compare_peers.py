#!/usr/bin/env python3
"""Checks two rows of `seeconv compare` against peers' own libraries: product quantisation by faiss, truncated SVD by numpy.

    compare_peers.py MODEL-FOLDER [--seeconv .build/release/seeconv] [--tensor NAME] [--ratios 10,20] [--tolerance 0.02]

Both sides get the same byte budget, everything counted: for faiss, indices and codebooks in F16, the best width of an
index; for SVD, factors in Q8_0 (ggml's blocks of 32), the greatest rank that fits. The errors must agree within the
tolerance, in both directions: a peer that does worse than ours may have been handicapped. Exit code 1 otherwise, and where
a row or a peer's setting is missing.
Needs numpy, safetensors, faiss-cpu.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

import faiss
import numpy
from safetensors.numpy import load_file


def relative_error(table, rebuilt):
    return float(numpy.linalg.norm(table.astype(numpy.float64) - rebuilt) / numpy.linalg.norm(table.astype(numpy.float64)))


def product_quantisation(table, budget):
    """The least error of codebooks by faiss's k-means, in F16, over indices of 4 to 10 bits with as many parts as fit."""
    rows, columns = table.shape
    best = None
    for bits in (4, 6, 8, 10):
        codebooks = 2 * columns << bits
        parts = min(columns, 8 * (budget - codebooks) // (rows * bits)) if budget > codebooks else 0
        if parts == 0:
            continue
        rebuilt = numpy.empty_like(table)
        for part in range(parts):
            group = slice(part * columns // parts, (part + 1) * columns // parts)
            points = numpy.ascontiguousarray(table[:, group])
            # All rows train every codebook: by default faiss takes 256 for each centroid.
            means = faiss.Kmeans(points.shape[1], 1 << bits, niter=25, seed=part + 1, max_points_per_centroid=rows)
            means.train(points)
            centroids = means.centroids.astype(numpy.float16).astype(numpy.float32)
            index = faiss.IndexFlatL2(points.shape[1])
            index.add(centroids)
            rebuilt[:, group] = centroids[index.search(points, 1)[1][:, 0]]
        error = relative_error(table, rebuilt)
        if best is None or error < best[0]:
            best = (error, (rows * parts * bits + 7) // 8 + codebooks, f"{parts} parts of {bits} bits")
    return best


def q8_0(values):
    """ggml's Q8_0 over runs of 32 along the last axis, rebuilt."""
    flat = values.reshape(-1)
    padded = numpy.zeros((len(flat) + 31) // 32 * 32, numpy.float32)
    padded[: len(flat)] = flat
    blocks = padded.reshape(-1, 32)
    scale = (numpy.abs(blocks).max(axis=1, keepdims=True) / 127).astype(numpy.float16).astype(numpy.float32)
    inverse = numpy.where(scale > 0, 1 / numpy.where(scale > 0, scale, 1), 0)
    rebuilt = numpy.clip(numpy.round(blocks * inverse), -127, 127) * scale
    return rebuilt.reshape(-1)[: len(flat)].reshape(values.shape)


def truncated_svd(table, budget):
    """Factors U·Σ and Vᵀ in Q8_0 (34 bytes for 32 numbers), the greatest rank that fits."""
    rows, columns = table.shape
    values, vectors = numpy.linalg.eigh(table.astype(numpy.float64).T @ table)
    vectors = vectors[:, ::-1]

    def size(rank):
        return sum((rank * length + 31) // 32 * 34 for length in (rows, columns))

    rank = max(rank for rank in range(columns + 1) if size(rank) <= budget)
    right = vectors[:, :rank].T.astype(numpy.float32)
    left = (table @ right.T).astype(numpy.float32)
    rebuilt = q8_0(left) @ q8_0(right)
    return relative_error(table, rebuilt), size(rank), f"rank {rank}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--seeconv", default=".build/release/seeconv")
    parser.add_argument("--tensor", default="embeddings.word_embeddings.weight")
    parser.add_argument("--ratios", default="10,20")
    parser.add_argument("--tolerance", type=float, default=0.02)
    options = parser.parse_args()

    table = load_file(os.path.join(options.model, "model.safetensors"))[options.tensor].astype(numpy.float32)
    with tempfile.TemporaryDirectory() as folder:
        work, report = os.path.join(folder, "work"), os.path.join(folder, "compare.json")
        subprocess.run([options.seeconv, "import", options.model, "-o", work, "-q"], check=True, stdout=subprocess.DEVNULL)
        subprocess.run(
            [options.seeconv, "compare", work, "--ratios", options.ratios, "--methods", "pq,svd", "--weights", "uniform",
             "--json", report, "-q"],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        with open(report) as file:
            rows = json.load(file)["rows"]

    wanted = {(method, float(ratio)) for method in ("pq", "svd") for ratio in options.ratios.split(",")}
    missing = wanted - {(row["method"], float(row["targetRatio"])) for row in rows}
    for method, ratio in sorted(missing):
        print(f"compare gave no row of {method} at {ratio:g}", file=sys.stderr)
    failed = bool(missing)
    print("| method | ratio | ours | ratio reached | peer | ratio reached | peer's setting | difference |")
    print("|---|---|---|---|---|---|---|---|")
    for row in rows:
        # The peer gets as many bytes as our row took.
        budget = int(table.nbytes / row["byteRatioFloat32"])
        peer = (product_quantisation if row["method"] == "pq" else truncated_svd)(table, budget)
        if peer is None:
            print(f"| {row['method']} | {row['targetRatio']:g} | {row['relativeError']:.4f} | no setting of the peer fits |")
            failed = True
            continue
        error, size, setting = peer
        difference = row["relativeError"] / error - 1
        failed = failed or abs(difference) > options.tolerance
        print(
            f"| {row['method']} | {row['targetRatio']:g} | {row['relativeError']:.4f} | {row['byteRatioFloat32']:.2f} "
            f"| {error:.4f} | {table.nbytes / size:.2f} | {setting} | {100 * difference:+.2f} % |"
        )
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
