#!/usr/bin/env python3
"""Writes the seeds of every fuzz target, or of those named: seeds.py FOLDER [TARGET...]

One function a target, of the target's name, that yields small valid files. The standard library suffices.
"""

import json
import struct
import sys
from pathlib import Path


def safetensors(entries, metadata=None, pad=True):
    """A safetensors file of `entries`: name, dtype, shape, bytes."""
    header, data = {}, b""
    if metadata is not None:
        header["__metadata__"] = metadata
    for name, dtype, shape, values in entries:
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(values)]}
        data += values
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    if pad:
        text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data


def FuzzSafetensorsHeader():
    sizes = {"U64": 8, "I64": 8, "F64": 8, "C64": 8, "F32": 4, "U32": 4, "I32": 4, "BF16": 2, "F16": 2, "U16": 2, "I16": 2,
             "F8_E5M2FNUZ": 1, "F8_E4M3FNUZ": 1, "F8_E8M0": 1, "F8_E4M3": 1, "F8_E5M2": 1, "I8": 1, "U8": 1, "BOOL": 1}
    yield safetensors([])
    yield safetensors([], metadata={"format": "pt"})
    yield safetensors([("t", "U8", [4], bytes(4))], pad=False)
    yield safetensors([(name, name, [1], bytes(size)) for name, size in sizes.items()])
    yield safetensors([("a", "F4", [4], bytes(2)), ("b", "F6_E2M3", [4], bytes(3)), ("é\n\"\\", "F32", [0, 3], b"")])
    yield safetensors([("scalar", "F32", [], bytes(4)), ("rank", "U8", [1] * 20, bytes(1))], metadata={"a": "é", "b": ""})
    escaped = b'{"\\u0074\\ud83d\\ude42":{"data_offsets":[0,1],"shape":[1],"dtype":"U8","x":[1.5e-3,true,null,{"y":[]}]}}'
    yield struct.pack("<Q", len(escaped)) + escaped + b"\0"
    yield safetensors([("t", "U8", [4], bytes(4))]) + b"PK\3\4"


def FuzzShardIndex():
    shards = {"a": "model-00001-of-00002.safetensors", "b.é": "model-00002-of-00002.safetensors"}
    yield json.dumps({"metadata": {"total_size": 12}, "weight_map": shards}, indent=2).encode()
    yield json.dumps({"weight_map": {}}).encode()
    yield json.dumps({"metadata": {"total_size": 1.5, "x": [None, True]}, "weight_map": {"a": "a"}, "y": {}}).encode()
    yield b'{"weight_map":{"\\u0061":"\\ud83d\\ude42.safetensors"}}'


def main(folder, *targets):
    for target in targets:
        place = Path(folder) / target
        place.mkdir(parents=True, exist_ok=True)
        for number, seed in enumerate(globals()[target]()):
            (place / f"seed-{number:03}").write_bytes(seed)


if __name__ == "__main__":
    main(*sys.argv[1:])
