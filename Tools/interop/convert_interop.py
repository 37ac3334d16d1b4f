#!/usr/bin/env python3
"""Checks `seeconv convert` against NumPy, safetensors and gguf-py: values must come through every pair of formats unchanged.

    convert_interop.py [--seeconv PATH] [--seed S]

Each library writes the same random tensors in its own format; seeconv converts every file to every other format; the target's
library reads the result, and values, shapes and types must be the original's. Block types written by seeconv are decoded by
gguf-py and compared with what gguf-py's own encoder makes.

Needs: pip install numpy safetensors gguf, and a release build of seeconv. Exits 1 at the first difference.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import gguf
import numpy as np
from safetensors.numpy import load_file, save_file

# Types that all three formats have.
TYPES = [np.float64, np.float32, np.float16, np.int64, np.int32, np.int16, np.int8]
SHAPES = [(1,), (7,), (3, 5), (2, 3, 4), (2, 1, 3, 2)]


def random_tensors(rng):
    tensors = {}
    for kind in TYPES:
        for shape in SHAPES:
            values = rng.integers(-100, 100, shape) if np.issubdtype(kind, np.integer) else rng.standard_normal(shape)
            tensors[f"{np.dtype(kind).name}.{'x'.join(map(str, shape))}"] = values.astype(kind)
    return tensors


def write_gguf(path, tensors):
    writer = gguf.GGUFWriter(path, "test")
    for name, values in tensors.items():
        writer.add_tensor(name, values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def read_gguf(path):
    # gguf-py gives data in the shape outermost first.
    return {tensor.name: np.array(tensor.data) for tensor in gguf.GGUFReader(path).tensors}


def write_fortran(path, tensors):
    np.savez_compressed(path, **{name: np.asfortranarray(values) for name, values in tensors.items()})


def write_big_endian(path, tensors):
    np.savez(path, **{name: values.astype(values.dtype.newbyteorder(">")) for name, values in tensors.items()})


def read_npz(path):
    with np.load(path) as archive:
        return {name: archive[name] for name in archive.files}


SOURCES = {
    "safetensors": ("in.safetensors", lambda path, tensors: save_file(tensors, path)),
    "gguf": ("in.gguf", write_gguf),
    "npz": ("in.npz", lambda path, tensors: np.savez(path, **tensors)),
    "npz, Fortran order, deflated": ("fortran.npz", write_fortran),
    "npz, big-endian": ("big.npz", write_big_endian),
}
TARGETS = {
    "safetensors": ("out.safetensors", load_file, []),
    "gguf": ("out.gguf", read_gguf, []),
    "npz": ("out.npz", read_npz, []),
    "npz, deflated": ("deflated.npz", read_npz, ["--compression", "deflate:9"]),
}


def check_blocks(seeconv, folder, rng):
    values = rng.standard_normal((64, 512)).astype(np.float32)
    save_file({"t": values}, folder / "blocks.safetensors")
    for kind in ["F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "TQ1_0", "TQ2_0", "MXFP4"]:
        target = folder / f"{kind}.gguf"
        convert(seeconv, folder / "blocks.safetensors", target, "--dtype", kind)
        theirs = gguf.quantize(values, gguf.GGMLQuantizationType[kind])
        ours = gguf.GGUFReader(target).tensors[0].data
        if ours.tobytes() != theirs.tobytes():
            sys.exit(f"{kind}: the bytes differ from gguf-py's")
        print(f"{kind}: the bytes are gguf-py's")
    for kind, bound in {"Q2_K": 0.35, "Q3_K": 0.2, "Q4_K": 0.1, "Q5_K": 0.05, "Q6_K": 0.025}.items():
        target = folder / f"{kind}.gguf"
        convert(seeconv, folder / "blocks.safetensors", target, "--dtype", kind)
        decoded = gguf.dequantize(gguf.GGUFReader(target).tensors[0].data, gguf.GGMLQuantizationType[kind])
        error = np.linalg.norm(decoded - values) / np.linalg.norm(values)
        if not error < bound:
            sys.exit(f"{kind}: relative error {error:.3f}, above {bound}")
        print(f"{kind}: gguf-py decodes it with a relative error of {error:.4f}")


def convert(seeconv, source, target, *options):
    subprocess.run([seeconv, "convert", source, target, "--force", "--quiet", *options], check=True, stdout=subprocess.DEVNULL)


def main():
    root = Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeconv", default=root / ".build/release/seeconv")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    tensors = random_tensors(rng)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for source, (file, write) in SOURCES.items():
            write(folder / file, tensors)
            for target, (output, read, more) in TARGETS.items():
                convert(options.seeconv, folder / file, folder / output, *more)
                result = read(folder / output)
                if result.keys() != tensors.keys():
                    sys.exit(f"{source} to {target}: other names")
                for key, values in tensors.items():
                    other = result[key]
                    if other.dtype != values.dtype or other.shape != values.shape or not np.array_equal(other, values):
                        sys.exit(f"{source} to {target}: {key} differs ({other.dtype} {other.shape})")
                print(f"{source} to {target}: {len(tensors)} tensors, the same values")
        check_blocks(options.seeconv, folder, rng)


if __name__ == "__main__":
    main()
