#!/usr/bin/env python3
"""Writes the golden files beside it with the reference library.

Made with safetensors 0.8.0, huggingface_hub 2.4.0 and torch 2.13.0: pip install safetensors huggingface_hub torch
"""

import ctypes
import shutil
from pathlib import Path

import torch
from huggingface_hub import save_torch_state_dict
from safetensors import TensorSpec, serialize_file

FOLDER = Path(__file__).parent

# The reference's name of each type in Python, and bytes of 8 values. Its two 6-bit types cannot be written from Python.
TYPES = {
    "BOOL": ("bool", 8), "F4": ("float4_e2m1fn_x2", 4), "U8": ("uint8", 8), "I8": ("int8", 8),
    "F8_E5M2": ("float8_e5m2", 8), "F8_E4M3": ("float8_e4m3fn", 8), "F8_E8M0": ("float8_e8m0fnu", 8),
    "F8_E4M3FNUZ": ("float8_e4m3fnuz", 8), "F8_E5M2FNUZ": ("float8_e5m2fnuz", 8), "I16": ("int16", 16),
    "U16": ("uint16", 16), "F16": ("float16", 16), "BF16": ("bfloat16", 16), "I32": ("int32", 32), "U32": ("uint32", 32),
    "F32": ("float32", 32), "C64": ("complex64", 64), "F64": ("float64", 64), "I64": ("int64", 64), "U64": ("uint64", 64),
}


def values(name, count):
    """The bytes that the tests expect of the tensor `name`."""
    start = sum(name.encode())
    return bytes((start + 31 * index) & 255 for index in range(count))


def write(file, tensors, metadata=None):
    """Writes `tensors`: name, Python type, shape, number of bytes."""
    keep, specs = [], {}
    for name, kind, shape, count in tensors:
        buffer = ctypes.create_string_buffer(values(name, count), max(1, count))
        keep.append(buffer)
        specs[name] = TensorSpec(dtype=kind, shape=shape, data_ptr=ctypes.addressof(buffer), data_len=count)
    serialize_file(specs, FOLDER / file, metadata)


def main():
    # The last dimension of packed 4-bit tensors counts bytes in Python and values in the file.
    write(
        "every-type.safetensors",
        [(f"{name}.{copy}", kind, [2, 2] if name == "F4" else [2, 4], size)
         for copy in "ba" for name, (kind, size) in TYPES.items()],
        {"format": "pt"},
    )
    names = ["z", "Z", "a.b/c d", "\u00e9", "e\u0301", "漢字", "🙂", '"\\', "../a"]
    write("names.safetensors", [(name, "uint8", [3], 3) for name in names], {"é\n": '\u001f"'})
    write("shapes.safetensors", [
        ("scalar", "float32", [], 4), ("empty", "float64", [0], 0), ("empty too", "int8", [3, 0, 2], 0),
        ("ones", "float16", [1] * 20, 2), ("row", "float32", [1, 3], 12),
    ])
    write("nothing.safetensors", [])
    write("metadata-only.safetensors", [], {"format": "np"})

    sharded = FOLDER / "sharded"
    shutil.rmtree(sharded, ignore_errors=True)
    sharded.mkdir()
    state = {name: torch.frombuffer(bytearray(values(name, count)), dtype=torch.uint8)
             for name, count in [("c", 5), ("a", 6), ("large", 11), ("b", 4), ("d", 2)]}
    save_torch_state_dict(state, sharded, max_shard_size=10)


if __name__ == "__main__":
    main()
